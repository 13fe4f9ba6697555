"""Add a model variant that lies at an origin."""

from typing import Any, ClassVar, Final, Literal

from contributions.models import Contribution
from contributions.proposals._entry import (
    ADDRESS,
    CARD,
    CARD_LENGTH,
    MOST_TAGS,
    SUMMARY,
    SUMMARY_LENGTH,
    TAGS,
    TERMS,
)
from contributions.proposals._repository import REPOSITORY, REVISION
from contributions.proposals.card_facts import (
    adapter_base,
    architecture_of,
    declared_edges,
    read_json,
)
from contributions.proposals.fields import Count, Edges, Payload, Reading, Row, Section, Text
from contributions.proposals.protocol import (
    Applied,
    CheckPlan,
    Findings,
    Prefill,
    Proposal,
    Sentence,
)
from hub import cards, origins
from hub.actions.publish_variant import publish_variant
from hub.facts import EdgeFacts, VariantFacts
from hub.manifest import Manifest
from hub.models import ModelVariant, User
from hub.snapshots import snapshot

EDGES: Final = Edges(
    "edges", "Parents", "A row without a name is left out. Base models have no parents."
)
LINEAGE: Final = Section(
    "Where it comes from",
    "Models it descends from, and data. Its scores are shown beside its parents’.",
    EDGES,
)
PARAMETERS: Final = Count(
    "parameters",
    "Parameters",
    "Counted from the headers of the weights where they can be read. 7B and 130M will do.",
    source="the weights",
)
ARCHITECTURE: Final = Text("architecture", "Architecture", source="config.json", most=120)


class AddVariant(Proposal):
    """payload: repo_id, revision, owner, name, licence, licence_name, summary, tags [str], parameters
    (count or None), architecture, edges [{parent_name, relation, parent_commit, is_dataset}], card_text.
    """

    kind = "add_variant"
    label = "Add a model variant"
    lead = "A model that lies at an origin: a base, a fine-tune, a quantisation, a merge."
    icon = "box"
    group = "algorithm"
    checks = CheckPlan(
        required=(
            *("origin", "files", "pickles", "secrets", "card", "licence", "lineage"),
            *("duplicates", "smoke"),
        ),
        advisory=("contamination",),
    )
    origin_kind: ClassVar[Literal["model", "dataset", ""]] = "model"
    sentence = Sentence("wants to add", "wanted to add", "added", "to the model variants")
    is_measured = True
    sections: ClassVar[tuple[Section, ...]] = (
        REPOSITORY,
        Section("What it is", "How it is named and described here.", ADDRESS, SUMMARY, TAGS),
        LINEAGE,
        TERMS,
        Section(
            "Weights and card",
            "Read from the files themselves where that is possible.",
            (PARAMETERS, ARCHITECTURE),
            REVISION,
            CARD,
        ),
    )

    def validate(self, reading: Reading) -> None:
        owner, name = reading.cleaned["owner"], reading.cleaned["name"]
        check_edges(reading, f"{owner}/{name}")

    def title(self, payload: Payload) -> str:
        return f"Add {self.subject(payload)}"[:200]

    def subject(self, payload: Payload) -> str:
        return f"{payload['owner']}/{payload['name']}"

    def existing(self, payload: Payload) -> ModelVariant | None:
        return ModelVariant.objects.named(payload["owner"], payload["name"]).first()

    def summary_rows(self, payload: Payload) -> list[Row]:
        return [Row("name", "Variant", self.subject(payload)), *super().summary_rows(payload)]

    def prepare(self, query: Any) -> Payload:
        """`?parent=owner/name` derives a variant from that one."""
        prepared = super().prepare(query)
        if parent := query.get("parent", ""):
            prepared["edges"] = [{"parent_name": parent}]
        return prepared

    def prefill(self, repo_id: str, revision: str = "main") -> Prefill:
        """Licence, parents, parameter count, architecture, tags, summary, card, as the origin has them."""
        origin = origins.get()
        described = origin.describe(repo_id, revision or "main", kind="model")
        card = cards.parse(described.card_text)
        key, called = cards.licence(card)
        config = read_json(origin, described, "config.json")
        adapter = read_json(origin, described, "adapter_config.json")
        notes = list(card.problems)
        parameters, problem = _count(origin, described)
        if problem:
            notes.append(problem)
        owner, _, name = described.repo_id.partition("/")
        payload: Payload = {
            "repo_id": described.repo_id,
            "revision": described.commit,
            "owner": owner,
            "name": name,
            "licence": key if cards.is_known_licence(key) else "",
            "licence_name": called if key == "other" else "",
            "summary": cards.summary(card)[:SUMMARY_LENGTH],
            "tags": cards.tags(card)[:MOST_TAGS],
            "parameters": parameters,
            "architecture": architecture_of(config),
            "edges": declared_edges(card, adapter=adapter_base(adapter))[: EDGES.most],
            "card_text": described.card_text[:CARD_LENGTH],
        }
        fetched = tuple(name for name, value in payload.items() if value not in ("", None, []))
        return Prefill(payload, fetched, described.commit, tuple(notes))

    def revert(self, contribution: Contribution) -> tuple[str, Payload] | None:
        """What was added retires: its address and its scores stay where others refer to them."""
        entry = contribution.variant
        if entry is None or entry.state == "retired":
            return None
        facts = snapshot(entry)
        why = f"Reverts #{contribution.pk}."
        retired = {"entry": entry.full_name, "based_on": facts.number, "state": "retired"}
        return "edit_variant", {**facts.facts, **retired, "retired_why": why}

    def apply(
        self, *, actor: User, contribution: Contribution, payload: Payload, findings: Findings
    ) -> Applied:
        """The manifest is the one that the origin check pinned; a parameter count from it wins."""
        pinned = findings["origin"]
        found = pinned["manifest"]
        manifest = Manifest.of(
            pinned["commit"], found["files"], parameters=found["parameters"], dtype=found["dtype"]
        )
        card_text = payload["card_text"] or pinned["card_text"]
        facts = VariantFacts(
            owner=payload["owner"],
            name=payload["name"],
            repo_id=pinned["repo_id"],
            licence=payload["licence"],
            licence_name=payload["licence_name"],
            summary=payload["summary"],
            tags=tuple(payload["tags"]),
            parameters=manifest.parameters or payload["parameters"],
            architecture=payload["architecture"],
            edges=tuple(EdgeFacts(**edge) for edge in payload["edges"]),
            card_text=card_text,
            card_metadata=cards.parse(card_text).metadata,
        )
        variant = publish_variant(actor=actor, facts=facts, manifest=manifest)
        # Of several GGUF files nobody knows which (checks/file_safety.py).
        measurable = findings.get("files", {}).get("measurable", True)
        checkpoint = variant.checkpoints.get(commit=manifest.commit) if measurable else None
        return Applied(variant=variant, checkpoint=checkpoint)


def check_edges(reading: Reading, subject: str) -> None:
    """A variant descends from others, from each once in one way."""
    seen = set()
    for position, edge in enumerate(reading.cleaned["edges"]):
        parent = edge["parent_name"].lower()
        if not edge["is_dataset"] and parent == subject.lower():
            message = "A variant does not descend from itself."
            reading.error(f"edges.{position}.parent_name", message)
        if (parent, edge["relation"]) in seen:
            message = "This parent stands above already."
            reading.error(f"edges.{position}.parent_name", message)
        seen.add((parent, edge["relation"]))


def _count(origin: origins.Origin, described: origins.Description) -> tuple[int | None, str]:
    """The parameters that the weights' headers add up to, or why they could not be counted.

    What may not be read at all is refused here: its checks could not pass.
    """
    try:
        return origin.weights_summary(described.repo_id, described.commit).parameters, ""
    except origins.OriginError as error:
        if error.retryable or error.code in {"gated", "private"}:
            raise
        return None, f"The parameters could not be counted: {error.message}"
