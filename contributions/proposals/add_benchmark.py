"""Add a benchmark, or the next version of one: data and a declaration, never code."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.text import slugify

from contributions.benchmark_data import is_held_out
from contributions.models import Contribution, Version
from contributions.proposals._entry import TERMS
from contributions.proposals.fields import (
    Choice,
    Count,
    Data,
    Flag,
    Line,
    Lines,
    Number,
    Payload,
    Prose,
    Reading,
    Section,
    Text,
)
from contributions.proposals.protocol import Applied, CheckPlan, Findings, Proposal, Sentence
from evaluations.actions.publish_benchmark import BenchmarkFacts, publish_benchmark
from evaluations.declared import render_stored, sample_of, seen_by
from evaluations.models import Benchmark, BenchmarkVersion
from evaluations.suites.declared.definition import (
    FORMS,
    GOLD_FORMS,
    METRICS,
    MOST_SHOTS,
    MOST_TOKENS,
    SCORINGS,
    Definition,
    problems_of,
)
from evaluations.suites.declared.sandbox import Rendering, Unreadable
from hub.models import User
from hub.refusal import Refusal

QUEUES = [("cpu", "a CPU"), ("gpu", "a GPU")]
DTYPES = [(name, name) for name in ("float32", "bfloat16", "float16")]
WHAT_IT_IS: Final = Section(
    "What it is",
    "A new benchmark, or the next version of one that was contributed. Versions never change.",
    (
        Text("name", "Name", required=True, most=80),
        Text(
            "benchmark",
            "Next version of",
            "The address of a benchmark that is here already, such as <code>river-names</code>.",
            most=80,
        ),
    ),
    Prose("description", "Description", "What it measures, and how it was made.", required=True),
)
DATA: Final = Section(
    "Data",
    "JSON lines or CSV, one row a question. Larger data stays in its dataset: write "
    "owner/name@revision:path/to/file.jsonl.",
    Data(
        "data",
        "Test data",
        "Up to 20,000 rows; a million characters here, 8 MiB from a dataset.",
        required=True,
    ),
    Data("examples", "Example data", "Rows that prompts with examples show, in this order."),
    Flag(
        "held_out",
        "Held out",
        "Its rows, prompts and answers are shown to nobody and cannot be downloaded.",
    ),
)
PROMPT: Final = Section(
    "Prompt and answer",
    "A field of the row stands in braces: {{ question }}. Filters: strip, upper, lower, letter, "
    "lettered, numbered, lines, commas. There is nothing else.",
    (
        Choice(
            "form",
            "Form of the answer",
            choices=list(FORMS.items()),
            required=True,
            default="choice",
        ),
        Choice(
            "metric",
            "Metric",
            "It fixes direction, unit and bounds.",
            choices=[(name, metric.label) for name, metric in METRICS.items()],
            required=True,
            default="acc",
        ),
    ),
    Lines(
        "prompt",
        "Prompt",
        "What the model reads; for text to predict, the text.",
        required=True,
        most=20_000,
        rows=4,
    ),
    Lines(
        "choices",
        "Choices",
        "Multiple choice: the name of a list field, or one choice a line.",
        most=4_000,
        rows=2,
    ),
    (
        Text("gold", "Right choice", "Multiple choice: the field that names it.", most=200),
        Choice("gold_form", "Named by", choices=list(GOLD_FORMS.items()), default="index"),
    ),
    Line(
        "target",
        "Expected answer",
        "Written answers: <code>{{ answer }}</code>.",
        most=4_000,
    ),
    (
        Choice("scoring", "Right when", choices=list(SCORINGS.items()), default="exact"),
        Line("pattern", "Pattern", "Its first group is the answer.", most=500),
    ),
    Flag("ignore_case", "Capital and small letters are the same"),
    (
        Lines(
            "stop",
            "Stop at",
            r"One a line; <code>\n</code> is the end of a line.",
            most=200,
            rows=2,
        ),
        Count("max_tokens", "Longest answer, tokens", most=MOST_TOKENS),
    ),
)
PROTOCOL: Final = Section(
    "Scale and protocol",
    "How scores are to be read, and how models are asked.",
    (
        Number("chance", "Score of a guesser", "In the metric’s unit: 0.25 with four choices."),
        Number("best", "Best possible score", "Where it is not the bound itself."),
    ),
    Line(
        "cluster_by",
        "Rows that belong together",
        "The field that several rows share, such as a passage with ten questions: errors are counted by it.",
        most=60,
    ),
    (
        Count("n_shot", "Examples in the prompt", most=MOST_SHOTS),
        Flag("chat", "Ask through the model’s chat template"),
    ),
    (
        Choice("queue", "Needs", choices=QUEUES, default="cpu"),
        Choice("dtype", "Arithmetic", choices=DTYPES, default="float32"),
    ),
)  # fmt: skip
# What /api/v1/benchmarks/ has beside benchmarks.
RESERVED = frozenset({"preview"})
# Names of the form for the parts that a rendering judges.
PARTS = {"fewshot": "examples"}


class AddBenchmark(Proposal):
    """payload: name, benchmark (slug, for a next version), description, data, examples, held_out, form,
    metric, prompt, choices, gold, gold_form, target, scoring, pattern, ignore_case, stop, max_tokens,
    chance, best, cluster_by, n_shot, chat, queue, dtype, licence, licence_name. Data is sent as text and
    kept as {"sha256", "rows", "bytes", "columns", "source"}.
    """

    kind = "add_benchmark"
    label = "Add a benchmark"
    lead = "Data, a prompt and how answers are judged; the hub makes the task itself and measures with it."
    icon = "file-text"
    group = "data"
    checks = CheckPlan(required=("definition", "licence", "duplicates"))
    sentence = Sentence("wants to add", "wanted to add", "added", "to the benchmarks")
    preview_template = "contributions/panels/benchmark_preview.html"
    panel = "contributions/panels/benchmark.html"
    sections = (WHAT_IT_IS, DATA, PROMPT, PROTOCOL, TERMS)

    def validate(self, reading: Reading) -> None:
        _check_name(reading)
        made = reading.cleaned
        for name, messages in problems_of(definition_of(made)).items():
            for message in messages:
                if name not in reading.errors:
                    reading.error(name, message)
        data = made["data"]
        if data and not made["held_out"] and (holder := is_held_out(data["sha256"])):
            reading.error("held_out", f"{holder} holds this data out.")

    def subject(self, payload: Payload) -> str:
        return str(payload["benchmark"] or slugify(payload["name"]))

    def title(self, payload: Payload) -> str:
        wish = "New version of benchmark" if payload["benchmark"] else "Add benchmark"
        return f"{wish} {payload['name']}"[:200]

    def prepare(self, query: Mapping[str, str]) -> Payload:
        """`?benchmark=slug` starts from its newest version."""
        version = _newest(query.get("benchmark", ""))
        if version is None:
            return {"max_tokens": 64, "n_shot": 0, **super().prepare(query)}
        return {
            field.name: field.typed(value)
            for field in self.fields
            if (value := payload_of(version).get(field.name)) is not None
        }

    def base(self, payload: Payload) -> Payload:
        """The newest version, so that a next one shows what it changes."""
        version = _newest(payload["benchmark"])
        return self.clean(payload_of(version)) if version else {}

    def preview(self, payload: Payload) -> Mapping[str, Any]:
        """Ten prompts. Raises Refusal with what is wrong with definition or rows."""
        rendering = rendered(payload)
        if rendering.problems:
            fields: dict[str, list[str]] = {}
            for problem in rendering.problems:
                name = PARTS.get(problem["part"], problem["part"])
                row = f"Row {problem['row']}: " if problem["row"] else ""
                fields.setdefault(name, []).append(f"{row}{problem['message']}")
            shown = {name: messages[:5] for name, messages in fields.items()}
            message = f"{rendering.problem_count} things in the data need another look."
            raise Refusal("invalid", message, fields=shown)
        return seen_by(rendering, held_out=payload["held_out"])

    def apply(
        self, *, actor: User, contribution: Contribution, payload: Payload, findings: Findings
    ) -> Applied:
        data, examples = payload["data"], payload["examples"]
        version = publish_benchmark(
            BenchmarkFacts(
                slug=self.subject(payload),
                name=payload["name"],
                description=payload["description"],
                definition=definition_of(payload),
                data_sha256=data["sha256"],
                data_bytes=data["bytes"],
                rows=data["rows"],
                examples_sha256=examples["sha256"] if examples else "",
                licence=payload["licence"],
                licence_name=payload["licence_name"],
                held_out=payload["held_out"],
                source=data["source"],
                chat=payload["chat"],
                dtype=payload["dtype"],
                queue=payload["queue"],
            )
        )
        return Applied(benchmark=version.benchmark)

    def panel_context(self, contribution: Contribution, version: Version) -> Mapping[str, Any]:
        payload = version.payload
        examples = payload["examples"]
        seen = sample_of(
            definition_of(payload),
            payload["data"]["sha256"],
            examples["sha256"] if examples else "",
            held_out=payload["held_out"],
        )
        return {"seen": seen}


def definition_of(payload: Mapping[str, Any]) -> Definition:
    """What the hub measures by, of a payload whose fields were read."""
    values = {name: payload[name] for name in Definition.__slots__ if payload.get(name) is not None}
    stop = tuple(_unescaped(line) for line in payload["stop"].split("\n") if line)
    return Definition.of(values | {"stop": stop})


def payload_of(version: BenchmarkVersion) -> Payload:
    """A published version as its form has it."""
    definition = version.definition or {}
    recipe = version.recipes.first()
    names = {**definition, "stop": "\n".join(_escaped(stop) for stop in definition["stop"])}
    source = definition["source"]
    examples = definition["examples_sha256"]
    return {
        **{name: value for name, value in names.items() if name in PAYLOAD_NAMES},
        "name": version.benchmark.name,
        "benchmark": version.benchmark.slug,
        "description": version.benchmark.description,
        "data": {"sha256": version.data_sha256, "source": source},
        "examples": {"sha256": examples, "source": {}} if examples else None,
        "chat": recipe.apply_chat_template if recipe else False,
        "queue": recipe.queue if recipe else "cpu",
        "dtype": recipe.dtype if recipe else "float32",
    }


PAYLOAD_NAMES = frozenset(field.name for field in AddBenchmark().fields)


def rendered(payload: Payload) -> Rendering:
    """Every row of a clean payload. Raises Refusal where it takes too much."""
    examples = payload["examples"]
    try:
        return render_stored(
            definition_of(payload),
            payload["data"]["sha256"],
            examples["sha256"] if examples else "",
        )
    except Unreadable as error:
        raise Refusal("too_much", str(error), fields={"data": [str(error)]}) from error


def _check_name(reading: Reading) -> None:
    name, benchmark = reading.cleaned["name"], reading.cleaned["benchmark"]
    slug = slugify(name)
    if benchmark:
        if _newest(benchmark) is None:
            reading.error("benchmark", "No benchmark of this address was contributed here.")
    elif name and not slug:
        reading.error("name", "It needs Latin letters or digits, for its address.")
    elif slug in RESERVED:
        reading.error("name", "This name is an address of the site itself.")
    elif slug and Benchmark.objects.filter(slug=slug).exists():
        reading.error("name", f"{slug} is here already. For its next version, name it beside.")


def _newest(slug: str) -> BenchmarkVersion | None:
    versions = BenchmarkVersion.objects.filter(benchmark__slug=slug, definition__isnull=False)
    return versions.select_related("benchmark").order_by("-pk").first() if slug else None


def _unescaped(line: str) -> str:
    return line.replace("\\n", "\n").replace("\\t", "\t")


def _escaped(stop: str) -> str:
    return stop.replace("\n", "\\n").replace("\t", "\\t")
