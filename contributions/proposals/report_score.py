"""Report numbers that somebody published elsewhere: claims, never mixed with what is measured here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from contributions.models import Contribution, Version
from contributions.proposals._named import variant_named
from contributions.proposals._uploaded import numbers_of_upload, upload_named, upload_problem
from contributions.proposals.fields import (
    Address,
    Choice,
    Commit,
    Count,
    Day,
    Flag,
    Lines,
    Link,
    Number,
    Payload,
    Prose,
    Reading,
    Rows,
    Section,
    Text,
)
from contributions.proposals.protocol import Applied, Findings, Proposal, Sentence
from evaluations.actions.add_claim import ClaimFacts, add_claim, benchmark_called, claim_problems
from evaluations.claims import unclaimed
from evaluations.models.claim import ReporterRole
from evaluations.reported import MOST_NUMBERS, UNITS, Reported, in_eval_results
from hub import origins
from hub.models import ModelVariant, User
from hub.origins import OriginError

UNIT_CHOICES: Final = [(unit, unit) for unit in UNITS]
RESULTS_FOLDER: Final = ".eval_results/"
MOST_FILES: Final = 20
MOST_BYTES: Final = 256 * 1024


@dataclass(frozen=True)
class Numbers(Rows):
    """Rows of numbers; one that is ticked to be left out is not judged and not kept."""

    def read(self, reading: Reading) -> None:
        super().read(reading)
        kept = []
        for position, row in enumerate(reading.cleaned[self.name]):
            if row.pop("leave_out", False):
                _forget(reading, f"{self.name}.{position}.")
            else:
                kept.append(row)
        reading.cleaned[self.name] = kept


NUMBERS: Final = Numbers(
    "numbers",
    "Numbers",
    "One row a number, all from the same source. Tick what is not to be reported.",
    columns=(
        Text("benchmark", "Benchmark", required=True, most=120),
        Text("metric", "Metric", most=60),
        Number("value", "Value", required=True),
        Choice("unit", "Unit", choices=UNIT_CHOICES, blank="Choose", required=True),
        Number("stderr", "Standard error", least=0),
        Count("n", "Answers a question", most=1_000_000),
        Flag("leave_out", "Leave out"),
    ),
    most=MOST_NUMBERS,
    noun="number",
)


class ReportScore(Proposal):
    """payload: variant, reporter, role, source, first_reported, upload, reported_on, protocol, harness,
    revision, numbers [{benchmark, metric, value, unit, stderr, n}].

    `pasted` takes a file of .eval_results, whose numbers join `numbers`; it is not kept itself.
    """

    kind = "report_score"
    label = "Report numbers from elsewhere"
    lead = "What a card, a paper or another leaderboard says of a variant. Never mixed with scores."
    icon = "message-square"
    group = "algorithm"
    sentence = Sentence(
        "wants to report numbers for", "wanted to report numbers for", "reported numbers for"
    )
    sections = (
        Section(
            "Who says so",
            "A claim is worth what its source is worth: name it exactly.",
            Address("variant", "Variant", "Owner and name here.", required=True),
            (
                Text(
                    "reporter",
                    "Reporter",
                    "A person, a lab, a leaderboard.",
                    required=True,
                    most=120,
                ),
                Choice(
                    "role",
                    "The reporter is",
                    choices=ReporterRole.choices,
                    blank="Choose",
                    required=True,
                ),
            ),
            (
                Link("source", "Source", "Where the reporter says so.", required=True),
                Link("first_reported", "First reported", "Of a relayed number: its own source."),
            ),
            Count(
                "upload",
                "Upload",
                "The number of an upload here that shows every answer behind these numbers.",
            ),
        ),
        Section(
            "The numbers",
            "A row in which nothing is typed is left out.",
            NUMBERS,
            Lines(
                "pasted",
                "Or paste a file of .eval_results",
                "YAML, as the Hugging Face Hub keeps it.",
                most=100_000,
                in_summary=False,
            ),
            Choice(
                "pasted_unit",
                "Unit of what is pasted",
                "Such files name none; 0.412 may be a proportion or a percentage.",
                choices=UNIT_CHOICES,
                blank="As the value tells",
                in_summary=False,
            ),
        ),
        Section(
            "How they came about",
            "As far as the reporter states it.",
            Prose(
                "protocol",
                "Protocol as stated",
                "Prompt, shots, sampling, answers a question.",
                most=4000,
            ),
            (
                Text("harness", "Harness", most=120),
                Commit("revision", "Commit that was measured"),
                Day("reported_on", "Reported on"),
            ),
        ),
    )
    panel = "contributions/panels/_numbers.html"

    def validate(self, reading: Reading) -> None:
        self._take_pasted(reading)
        cleaned = reading.cleaned
        if cleaned["variant"] and variant_named(cleaned["variant"]) is None:
            reading.error("variant", "There is no such variant here.")
        if not cleaned["numbers"] and not any(
            name.startswith("numbers") for name in reading.errors
        ):
            reading.error("numbers", "Report at least one number.")
        if reading.errors:
            return
        if problem := upload_problem(cleaned):
            reading.error("upload", problem)
        for position, facts in enumerate(_facts(cleaned)):
            for name, messages in claim_problems(facts, benchmark_called(facts.benchmark)).items():
                place = f"numbers.{position}.{name}" if name in NUMBER_NAMES else name
                reading.errors.setdefault(place, messages)

    def _take_pasted(self, reading: Reading) -> None:
        """Its numbers join the rows; the text itself is not kept."""
        text, unit = reading.cleaned["pasted"], reading.cleaned["pasted_unit"]
        reading.cleaned["pasted"] = reading.cleaned["pasted_unit"] = ""
        if not text:
            return
        try:
            found = in_eval_results(text)
        except ValueError as error:
            reading.error("pasted", str(error))
            return
        if not found:
            reading.error("pasted", "No number was found in this.")
        for each in found:
            if not (each.unit or unit):
                words = f"{each.value:g} of {each.benchmark} may be a proportion or a percentage."
                reading.error("pasted_unit", f"{words} Choose the unit.")
                return
        reading.cleaned["numbers"] += [_row(each, unit) for each in found]

    def subject(self, payload: Payload) -> str:
        return str(payload["variant"])

    def title(self, payload: Payload) -> str:
        numbers = payload["numbers"]
        about = numbers[0]["benchmark"] if len(numbers) == 1 else f"{len(numbers)} numbers"
        return f"Report {about} of {payload['variant']} by {payload['reporter']}"[:200]

    def prepare(self, query: Mapping[str, str]) -> Payload:
        """`?variant=owner/name&from=card`: the numbers that its card and repository tell; `?upload=7`:
        those of uploaded results."""
        if query.get("upload"):
            return numbers_of_upload(query["upload"])
        prepared = super().prepare(query)
        variant = variant_named(prepared.get("variant", ""))
        if variant is None or query.get("from") != "card":
            return prepared
        prepared["numbers"] = [
            _row(each, "") for each in [*unclaimed(variant), *_in_repository(variant)]
        ]
        return {
            "reporter": variant.owner,
            "role": ReporterRole.SELF_REPORTED.value,
            "source": f"https://huggingface.co/{variant.repo_id}",
            **prepared,
        }

    def apply(
        self, *, actor: User, contribution: Contribution, payload: Payload, findings: Findings
    ) -> Applied:
        variant, upload = _variant(payload), upload_named(payload.get("upload"))
        claims = [
            add_claim(
                actor=contribution.author,
                variant=variant,
                facts=facts,
                number=contribution.pk,
                upload=upload,
            )
            for facts in _facts(payload)
        ]
        return Applied(variant=variant, claim=claims[0])

    def revert(self, contribution: Contribution) -> tuple[str, Payload] | None:
        """Nothing is deleted: what was wrong is flagged."""
        if contribution.claim is None:
            return None
        number = contribution.claim_id
        return "flag", {"entry": contribution.subject, "claim": number, "reason": "score"}

    def panel_context(self, contribution: Contribution, version: Version) -> Mapping[str, Any]:
        return {"numbers": version.payload["numbers"]}


NUMBER_NAMES: Final = {column.name for column in NUMBERS.columns}


def _facts(payload: Payload) -> list[ClaimFacts]:
    told = payload["reported_on"]
    shared = {
        name: payload[name]
        for name in (
            "reporter",
            "role",
            "source",
            "first_reported",
            "protocol",
            "harness",
            "revision",
        )
    }
    return [
        ClaimFacts(**row, **shared, reported_on=date.fromisoformat(told) if told else None)
        for row in payload["numbers"]
    ]


def _variant(payload: Payload) -> ModelVariant:
    variant = variant_named(payload["variant"])
    if variant is None:
        raise ModelVariant.DoesNotExist(payload["variant"])
    return variant


def _row(each: Reported, unit: str) -> dict[str, Any]:
    return {
        "benchmark": each.benchmark,
        "metric": each.metric,
        "value": each.value,
        "unit": each.unit or unit,
        "stderr": None,
        "n": None,
    }


def _in_repository(variant: ModelVariant) -> list[Reported]:
    """Numbers of `.eval_results/*.yaml`; none where the origin does not answer: the card is enough."""
    origin = origins.get()
    found: list[Reported] = []
    try:
        described = origin.describe(variant.repo_id, "main", kind="model")
        paths = [file.path for file in described.files if file.path.startswith(RESULTS_FOLDER)]
        for path in [path for path in paths if path.endswith((".yaml", ".yml"))][:MOST_FILES]:
            data = origin.read(described.repo_id, described.commit, path, max_bytes=MOST_BYTES)
            found += _read_file(data)
    except OriginError:
        return found
    return found


def _read_file(data: bytes) -> list[Reported]:
    try:
        return in_eval_results(data.decode("utf-8", errors="replace"))
    except ValueError:
        return []


def _forget(reading: Reading, prefix: str) -> None:
    for name in [name for name in reading.errors if name.startswith(prefix)]:
        del reading.errors[name]
