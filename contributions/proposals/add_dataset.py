"""Add a dataset that lies at an origin.

payload: repo_id, revision, owner, name, licence, licence_name, summary, tags [str], purpose
(training, evaluation, both), size (as stated, with its unit), card_text.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from contributions.proposals.payload import CARD_LENGTH, MOST_TAGS, SUMMARY_LENGTH, Fields
from contributions.proposals.protocol import (
    Applied,
    CheckPlan,
    Findings,
    Payload,
    Prefill,
    Row,
)
from hub import cards, origins
from hub.actions.publish_dataset import publish_dataset
from hub.facts import DatasetFacts
from hub.models import Dataset, User
from hub.models.dataset import Purpose

kind: Final = "add_dataset"
label: Final = "Add a dataset"
origin_kind: Final[Literal["model", "dataset"]] = "dataset"
group: Final = "data"
checks: Final = CheckPlan(required=("origin", "card", "licence", "duplicates"))


def prefill(repo_id: str, revision: str = "main") -> Prefill:
    """Licence, tags, size, summary and card, as the origin has them. The purpose nobody states."""
    described = origins.get().describe(repo_id, revision or "main", kind="dataset")
    card = cards.parse(described.card_text)
    key, called = cards.licence(card)
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
        "purpose": "",
        "size": _size(card),
        "card_text": described.card_text[:CARD_LENGTH],
    }
    fetched = tuple(name for name, value in payload.items() if value not in ("", None, []))
    notes = list(card.problems)
    if described.gated:
        notes.append("It is gated: readers have to ask at the origin before they can fetch it.")
    return Prefill(payload, fetched, described.commit, tuple(notes))


def _size(card: cards.Card) -> str:
    """`size_categories: [1M<n<10M]`, which is rows; empty where the card states none."""
    stated = card.metadata.get("size_categories")
    words = stated if isinstance(stated, list) else [stated]
    return f"{words[0]} rows"[:120] if words and isinstance(words[0], str) and words[0] else ""


def clean(payload: Mapping[str, Any]) -> Payload:
    fields = Fields(payload)
    fields.repository("repo_id")
    fields.revision("revision")
    fields.name_part("owner")
    fields.name_part("name")
    fields.licence()
    fields.text("summary", most=SUMMARY_LENGTH)
    fields.tags("tags")
    fields.choice("purpose", Purpose.values, default=Purpose.TRAINING)
    fields.text("size", most=120)
    fields.text("card_text", most=CARD_LENGTH, lines=True)
    return fields.finish()


def title(payload: Payload) -> str:
    return f"Add dataset {subject(payload)}"[:200]


def subject(payload: Payload) -> str:
    return f"{payload['owner']}/{payload['name']}"


def existing(payload: Payload) -> Dataset | None:
    return Dataset.objects.named(payload["owner"], payload["name"]).first()


def summary_rows(payload: Payload) -> list[Row]:
    return [
        Row("name", "Dataset", subject(payload)),
        Row("repo_id", "Repository", payload["repo_id"]),
        Row("revision", "Revision", payload["revision"]),
        Row("licence", "Licence", payload["licence_name"] or payload["licence"]),
        Row("summary", "Summary", payload["summary"]),
        Row("purpose", "Purpose", Purpose(payload["purpose"]).label),
        Row("size", "Size", payload["size"]),
        Row("tags", "Tags", ", ".join(payload["tags"])),
        Row("card_text", "Card", payload["card_text"]),
    ]


def apply(*, actor: User, payload: Payload, findings: Findings) -> Applied:
    pinned = findings["origin"]
    card_text = payload["card_text"] or pinned["card_text"]
    facts = DatasetFacts(
        owner=payload["owner"],
        name=payload["name"],
        repo_id=pinned["repo_id"],
        licence=payload["licence"],
        licence_name=payload["licence_name"],
        summary=payload["summary"],
        tags=tuple(payload["tags"]),
        purpose=payload["purpose"],
        size=payload["size"],
        card_text=card_text,
        card_metadata=cards.parse(card_text).metadata,
    )
    return Applied(dataset=publish_dataset(actor=actor, facts=facts))
