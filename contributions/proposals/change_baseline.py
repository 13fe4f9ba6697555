"""Change a baseline: another configuration or other data, and the checkpoint that came of it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from contributions.change_shown import change_shown
from contributions.curves import Curve as Points
from contributions.curves import match
from contributions.models import Contribution, Version
from contributions.proposals._entry import ADDRESS, CARD, SUMMARY, TAGS, TERMS
from contributions.proposals._repository import REPOSITORY, REVISION
from contributions.proposals.add_variant import (
    ARCHITECTURE,
    EDGES,
    PARAMETERS,
    AddVariant,
    check_edges,
)
from contributions.proposals.fields import (
    Address,
    Choice,
    Commit,
    Count,
    Curve,
    Derived,
    Lines,
    Link,
    Number,
    Payload,
    Prose,
    Reading,
    Row,
    Rows,
    Section,
    Tags,
    Text,
)
from contributions.proposals.fields.names import address_problem
from contributions.proposals.protocol import Applied, CheckPlan, Findings, Prefill, Sentence
from evaluations.actions.request import request_for_boards
from evaluations.references import MOST_REFERENCES, checkpoint_of
from evaluations.turns import person_share
from hub.models import Checkpoint, ModelVariant, User
from hub.models.lineage import Relation

# Working groups of these slugs look after these tracks.
TRACKS: Final = (
    ("algorithm", "Algorithm: architecture, hyperparameters, training"),
    ("data", "Data: mixing, filtering, synthesis"),
    ("system", "System: kernels, parallelism, precision"),
)
RELATIONS: Final = [
    (one.value, one.label)
    for one in (Relation.SAME_ARCHITECTURE, Relation.CONTINUED_PRETRAIN, Relation.FINETUNE)
]
# How far shares that are stated in percent may be from adding up, for rounding.
ROUNDING = 0.5

BASELINE: Final = Section(
    "The baseline",
    "A variant of the catalogue that the result is compared with, curve by curve and sample by sample.",
    (
        Choice("track", "Track", choices=TRACKS, required=True, blank="Choose"),
        Choice(
            "relation",
            "What the result is to it",
            "Same architecture: trained from scratch as the baseline was.",
            choices=RELATIONS,
            required=True,
            blank="Choose",
        ),
    ),
    (
        Address("baseline", "Baseline", required=True),
        Commit("baseline_commit", "Its commit", "The newest measured one, if you name none."),
    ),
)
CONFIGURATION: Final = Rows(
    "configuration",
    "Configuration",
    "Files whose text changed: YAML, JSON, TOML, arguments. Shown line by line.",
    columns=(
        Text("path", "File", required=True, most=200),
        Lines("before", "Before", most=60_000),
        Lines("after", "After", most=60_000),
    ),
    most=12,
    noun="file",
    in_summary=False,
)
MIX: Final = Rows(
    "mix",
    "Data mix",
    "Each dataset’s share of the training tokens, in percent. Leave a side empty where it was not used.",
    columns=(
        Address("dataset", "Dataset", required=True),
        Number("before", "Before, %", least=0, most=100),
        Number("after", "After, %", least=0, most=100),
    ),
    most=64,
    noun="dataset",
    in_summary=False,
)
CURVE_HELP = (
    "CSV, TSV or JSON lines with step, loss and, where known, tokens; at most 5,000 points."
)


class ChangeBaseline(AddVariant):
    """payload: what add_variant has for the result, except its edges, which follow from track (algorithm,
    data, system), relation, baseline (owner/name), baseline_commit and mix [{dataset, before, after}];
    hypothesis, code, configuration [{path, before, after}], baseline_curve, changed_curve,
    training_tokens, hardware, hours, seed, compare_with [owner/name].
    """

    kind = "change_baseline"
    label = "Change a baseline"
    lead = "Another configuration or other data on a common baseline, with both loss curves."
    icon = "file-diff"
    checks = CheckPlan(AddVariant.checks.required, AddVariant.checks.advisory)
    sentence = Sentence("wants to add", "wanted to add", "added", "as a change of a baseline")
    panel: ClassVar[str] = "contributions/panels/change_baseline.html"
    sections = (
        REPOSITORY,
        BASELINE,
        Section(
            "What changed, and why",
            "Only what is different: everything else is taken to be as in the baseline.",
            Prose(
                "hypothesis",
                "Hypothesis",
                "What you expected of it. Markdown.",
                required=True,
                in_summary=False,
            ),
            Link("code", "Code", "A commit or pull request with the change."),
            CONFIGURATION,
            MIX,
        ),
        Section(
            "Training",
            "The hub draws both curves and compares them where both have points.",
            Curve("baseline_curve", "Loss of the baseline", CURVE_HELP, required=True),
            Curve("changed_curve", "Loss with the change", CURVE_HELP, required=True),
            (
                Count("training_tokens", "Tokens trained on", "100B will do."),
                Count("seed", "Seed"),
            ),
            (
                Text("hardware", "Hardware", most=120),
                Number("hours", "Hours", "Of the whole run.", least=0, most=1e7),
            ),
        ),
        Section("The result", "How it is named and described here.", ADDRESS, SUMMARY, TAGS),
        TERMS,
        Section(
            "Weights and card",
            "Read from the files themselves where that is possible.",
            (PARAMETERS, ARCHITECTURE),
            REVISION,
            CARD,
            Tags(
                "compare_with",
                "Compare also with",
                "Up to two variants; the hub chooses where you name none.",
                most=MOST_REFERENCES,
            ),
            Derived("edges", "Parents", like=EDGES),
            Derived("loss", "Loss against the baseline"),
        ),
    )

    def group_of(self, payload: Payload) -> str:
        return str(payload["track"])

    def references(self, payload: Payload) -> Sequence[str]:
        return list(payload["compare_with"])

    def prepare(self, query: Mapping[str, str]) -> Payload:
        """`?baseline=owner/name` starts a change of that one."""
        prepared = super().prepare(query)
        prepared.pop("edges", None)
        return prepared

    def prefill(self, repo_id: str, revision: str = "main") -> Prefill:
        """As for any variant. Parents are not asked for: they follow from the baseline and the mix."""
        found = super().prefill(repo_id, revision)
        payload = {name: value for name, value in found.payload.items() if name != "edges"}
        fetched = tuple(name for name in found.fetched if name != "edges")
        return Prefill(payload, fetched, found.commit, found.notes)

    def title(self, payload: Payload) -> str:
        return f"Change {payload['baseline']}: {self.subject(payload)}"[:200]

    def summary_rows(self, payload: Payload) -> list[Row]:
        parents = Row("edges", EDGES.label, EDGES.show(payload["edges"]))
        return [*super().summary_rows(payload), parents]

    def validate(self, reading: Reading) -> None:
        checkpoint = _baseline(reading)
        if checkpoint is not None:
            reading.cleaned["baseline"] = checkpoint.variant.full_name
            reading.cleaned["baseline_commit"] = checkpoint.commit
        _check_configuration(reading)
        _check_mix(reading)
        for name in reading.cleaned["compare_with"]:
            if problem := address_problem(name):
                reading.error("compare_with", f"{name}: {problem}")
        cleaned = reading.cleaned
        cleaned["edges"] = _edges(cleaned)
        cleaned["loss"] = _loss(cleaned)
        check_edges(reading, f"{cleaned['owner']}/{cleaned['name']}")
        # A parent follows from a field that people see; an error stands there.
        for name in [name for name in reading.errors if name.startswith("edges.")]:
            reading.errors.setdefault("baseline", []).extend(reading.errors.pop(name))

    def apply(
        self, *, actor: User, contribution: Contribution, payload: Payload, findings: Findings
    ) -> Applied:
        """The baseline is measured too where it was not: without it the result is worth nothing."""
        applied = super().apply(
            actor=actor, contribution=contribution, payload=payload, findings=findings
        )
        owner, _, name = payload["baseline"].partition("/")
        variant = ModelVariant.objects.at(owner, name)
        known = Checkpoint.objects.filter(variant=variant, commit=payload["baseline_commit"])
        if applied.checkpoint and (baseline := known.first()):
            share = person_share(contribution.author)
            request_for_boards(actor=actor, checkpoint=baseline, share=share)
        return applied

    def panel_context(self, contribution: Contribution, version: Version) -> Mapping[str, Any]:
        return change_shown(version.payload)


def _baseline(reading: Reading) -> Checkpoint | None:
    """The checkpoint that is meant: two queries. An error where the catalogue has none."""
    owner, _, name = reading.cleaned["baseline"].partition("/")
    if not name or "baseline" in reading.errors or "baseline_commit" in reading.errors:
        return None
    variant = ModelVariant.objects.named(owner, name).first()
    if variant is None:
        reading.error("baseline", f"{owner}/{name} is not in the catalogue. Add it first.")
        return None
    commit = reading.cleaned["baseline_commit"]
    if not commit:
        checkpoint = checkpoint_of(variant.pk)
        if checkpoint is None:
            reading.error("baseline", f"{variant} has no checkpoint here to compare with.")
        return checkpoint
    meant = Checkpoint.objects.filter(variant=variant, commit__startswith=commit)
    found = list(meant.select_related("variant").defer("files")[:2])
    if len(found) != 1:
        many = "has no checkpoint" if not found else "has several checkpoints"
        reading.error("baseline_commit", f"{variant} {many} at {commit} here.")
        return None
    return found[0]


def _check_configuration(reading: Reading) -> None:
    seen: set[str] = set()
    for at, row in enumerate(reading.cleaned["configuration"]):
        if row["before"] == row["after"]:
            reading.error(f"configuration.{at}.after", "Both sides are the same.")
        if row["path"] in seen:
            reading.error(f"configuration.{at}.path", "This file stands above already.")
        seen.add(row["path"])


def _check_mix(reading: Reading) -> None:
    """A side that states shares states all of them."""
    mix = reading.cleaned["mix"]
    names = [row["dataset"].lower() for row in mix]
    for at, name in enumerate(names):
        if name in names[:at]:
            reading.error(f"mix.{at}.dataset", "This dataset stands above already.")
    for side in ("before", "after"):
        shares = [row[side] for row in mix if row[side] is not None]
        if shares and abs(sum(shares) - 100) > ROUNDING:
            message = f"Shares {side} add up to {sum(shares):g} %, not to 100 %."
            reading.error("mix", message)


def _edges(cleaned: Payload) -> list[dict[str, Any]]:
    """The baseline, and the datasets that the result was trained on."""
    baseline = {
        "parent_name": cleaned["baseline"],
        "relation": cleaned["relation"],
        "parent_commit": cleaned["baseline_commit"],
        "is_dataset": False,
    }
    trained_on = [
        {
            "parent_name": row["dataset"],
            "relation": Relation.TRAINED_ON.value,
            "parent_commit": "",
            "is_dataset": True,
        }
        for row in cleaned["mix"]
        if row["after"]
    ]
    return [baseline, *trained_on]


def _loss(cleaned: Payload) -> dict[str, Any] | None:
    """What the two curves come to, for lists: a list must not read the curves of every row."""
    if cleaned["baseline_curve"] is None or cleaned["changed_curve"] is None:
        return None
    curves = (Points.of(cleaned[name]) for name in ("baseline_curve", "changed_curve"))
    matched = match(*curves)
    if matched is None:
        return None
    return {
        "axis": matched.axis,
        "at": matched.at,
        "window": matched.window,
        "baseline": matched.baseline,
        "changed": matched.changed,
        "delta": matched.delta,
    }
