"""An entry's editable facts as one JSON-ready mapping: what a revision keeps and an edit compares.

Variant: owner, name, repo_id, licence, licence_name, summary, tags [str], parameters, architecture,
edges [{parent_name, relation, parent_commit, is_dataset}], state, retired_why, card_text. Dataset: the
same with purpose and size in place of parameters, architecture and edges.
"""

from dataclasses import dataclass
from typing import Any

from hub.models import CardRevision, Dataset, ModelVariant
from hub.models.lineage import Relation

Facts = dict[str, Any]
SHARED = (
    "owner",
    "name",
    "repo_id",
    "licence",
    "licence_name",
    "summary",
    "tags",
    "state",
    "retired_why",
)


@dataclass(frozen=True)
class Snapshot:
    """`number` of the revision that was published with these facts; 0 where none was."""

    number: int
    facts: Facts


def snapshot(entry: ModelVariant | Dataset, number: int | None = None) -> Snapshot:
    """As it stands, or as revision `number` published it. At most two queries."""
    revisions = entry.revisions.all()
    revision = (revisions if number is None else revisions.filter(number=number)).first()
    if revision is None:
        return Snapshot(0, {**facts_of(entry), "card_text": ""})
    # What was published before revisions kept facts: the rows still say it.
    facts = revision.facts or facts_of(entry)
    if number is None:
        # An origin renames without asking: no revision says so, the row does.
        facts = {**facts, "repo_id": entry.repo_id}
    # As a form would send it back: else every edit would seem to touch the card.
    card_text = revision.text.replace("\r\n", "\n").strip()
    return Snapshot(revision.number, {**facts, "card_text": card_text})


def facts_of(entry: ModelVariant | Dataset) -> Facts:
    """As the rows have them, without the card. One query for a variant's edges."""
    facts = {name: getattr(entry, name) for name in SHARED}
    if isinstance(entry, Dataset):
        return {**facts, "purpose": entry.purpose, "size": entry.size}
    edges = [
        {
            "parent_name": edge.parent_name,
            "relation": edge.relation,
            "parent_commit": edge.parent_commit,
            "is_dataset": edge.parent_dataset_id is not None
            or edge.relation == Relation.TRAINED_ON,
        }
        for edge in entry.parent_edges.all()
    ]
    named = {"parameters": entry.parameters, "architecture": entry.architecture}
    return {**facts, **named, "edges": edges}


def add_revision(
    entry: ModelVariant | Dataset, *, text: str, metadata: Any, published_by: Any
) -> CardRevision:
    """The next revision, with the facts as they stand now. The caller holds the entry's row."""
    newest = entry.revisions.values_list("number", flat=True).first() or 0
    which = {"dataset": entry} if isinstance(entry, Dataset) else {"variant": entry}
    return CardRevision.objects.create(
        **which,
        number=newest + 1,
        text=text,
        metadata=dict(metadata),
        facts=facts_of(entry),
        published_by=published_by,
    )
