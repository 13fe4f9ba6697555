"""Add a model variant that lies at an origin.

payload: repo_id, revision, owner, name, licence, licence_name, summary, tags [str], parameters
(count or None), architecture, edges [{parent_name, relation, parent_commit, is_dataset}], card_text.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from contributions.proposals.card_facts import (
    adapter_base,
    architecture_of,
    declared_edges,
    read_json,
)
from contributions.proposals.payload import (
    CARD_LENGTH,
    COMMIT,
    MOST_TAGS,
    SUMMARY_LENGTH,
    Fields,
    repository_problem,
)
from contributions.proposals.protocol import (
    Applied,
    CheckPlan,
    Findings,
    Payload,
    Prefill,
    Row,
)
from hub import cards, origins
from hub.actions.publish_variant import publish_variant
from hub.facts import EdgeFacts, VariantFacts
from hub.manifest import Manifest
from hub.models import ModelVariant, User
from hub.models.lineage import DATA_RELATIONS, Relation

kind: Final = "add_variant"
label: Final = "Add a model variant"
origin_kind: Final[Literal["model", "dataset"]] = "model"
group: Final = "algorithm"
checks: Final = CheckPlan(
    required=("origin", "files", "card", "licence", "duplicates"),
)
MOST_EDGES = 64


def prefill(repo_id: str, revision: str = "main") -> Prefill:
    """Licence, parents, parameter count, architecture, tags, summary and card, as the origin has them."""
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
        "edges": declared_edges(card, adapter=adapter_base(adapter))[:MOST_EDGES],
        "card_text": described.card_text[:CARD_LENGTH],
    }
    fetched = tuple(name for name, value in payload.items() if value not in ("", None, []))
    return Prefill(payload, fetched, described.commit, tuple(notes))


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


def clean(payload: Mapping[str, Any]) -> Payload:
    fields = Fields(payload)
    fields.repository("repo_id")
    fields.revision("revision")
    owner, name = fields.name_part("owner"), fields.name_part("name")
    fields.licence()
    fields.text("summary", most=SUMMARY_LENGTH)
    fields.tags("tags")
    fields.count("parameters")
    fields.text("architecture", most=120)
    fields.text("card_text", most=CARD_LENGTH, lines=True)
    edges = fields.rows("edges", _read_edge, most=MOST_EDGES)
    _check_edges(fields, f"{owner}/{name}", edges)
    return fields.finish()


def _read_edge(fields: Fields) -> None:
    parent = fields.text("parent_name", most=200, required=True)
    if parent and (problem := repository_problem(parent)):
        fields.error("parent_name", problem)
    relation = fields.choice("relation", Relation.values)
    is_dataset = fields.flag("is_dataset")
    commit = fields.text("parent_commit", most=64).lower()
    if commit and not COMMIT.fullmatch(commit):
        fields.error("parent_commit", "A commit is 7 to 64 hexadecimal digits.")
    if relation == Relation.TRAINED_ON and not is_dataset:
        fields.error("is_dataset", "One trains on a dataset; mark the parent as one.")
    if is_dataset and relation not in DATA_RELATIONS:
        fields.error("relation", "A dataset is trained on, generated or judged by; not this.")


def _check_edges(fields: Fields, subject: str, edges: list[dict[str, Any]]) -> None:
    seen = set()
    for position, edge in enumerate(edges):
        parent = edge["parent_name"].lower()
        if not edge["is_dataset"] and parent == subject.lower():
            fields.error(f"edges.{position}.parent_name", "A variant does not descend from itself.")
        if (parent, edge["relation"]) in seen:
            fields.error(f"edges.{position}.parent_name", "This parent stands above already.")
        seen.add((parent, edge["relation"]))


def title(payload: Payload) -> str:
    return f"Add {subject(payload)}"[:200]


def subject(payload: Payload) -> str:
    return f"{payload['owner']}/{payload['name']}"


def existing(payload: Payload) -> ModelVariant | None:
    return ModelVariant.objects.named(payload["owner"], payload["name"]).first()


def summary_rows(payload: Payload) -> list[Row]:
    parameters = payload["parameters"]
    return [
        Row("name", "Variant", subject(payload)),
        Row("repo_id", "Repository", payload["repo_id"]),
        Row("revision", "Revision", payload["revision"]),
        Row("licence", "Licence", payload["licence_name"] or payload["licence"]),
        Row("summary", "Summary", payload["summary"]),
        Row("edges", "Parents", "; ".join(_edge_words(edge) for edge in payload["edges"])),
        Row("parameters", "Parameters", "" if parameters is None else f"{parameters:,}"),
        Row("architecture", "Architecture", payload["architecture"]),
        Row("tags", "Tags", ", ".join(payload["tags"])),
        Row("card_text", "Card", payload["card_text"]),
    ]


def _edge_words(edge: Mapping[str, Any]) -> str:
    commit = f" at {edge['parent_commit'][:8]}" if edge["parent_commit"] else ""
    return f"{Relation(edge['relation']).label}: {edge['parent_name']}{commit}"


def apply(*, actor: User, payload: Payload, findings: Findings) -> Applied:
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
    # An adapter alone is not measured (checks/file_safety.py).
    measurable = findings.get("files", {}).get("measurable", True)
    checkpoint = variant.checkpoints.get(commit=manifest.commit) if measurable else None
    return Applied(variant=variant, checkpoint=checkpoint)
