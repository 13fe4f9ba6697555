"""Add a dataset that lies at an origin."""

from typing import ClassVar, Final, Literal

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
from contributions.proposals.fields import Choice, Payload, Row, Section, Text
from contributions.proposals.protocol import (
    Applied,
    CheckPlan,
    Findings,
    Prefill,
    Proposal,
    Sentence,
)
from hub import cards, origins
from hub.actions.publish_dataset import publish_dataset
from hub.facts import DatasetFacts
from hub.models import Dataset, User
from hub.models.dataset import Purpose
from hub.snapshots import snapshot

PURPOSE: Final = Choice(
    "purpose", "Used for", choices=Purpose.choices, default=Purpose.TRAINING, required=True
)
SIZE: Final = Text("size", "Size", "As stated, with its unit: 12,000 rows, 5.2 TB.", most=120)


class AddDataset(Proposal):
    """payload: repo_id, revision, owner, name, licence, licence_name, summary, tags [str], purpose
    (training, evaluation, both), size (as stated, with its unit), card_text.
    """

    kind = "add_dataset"
    label = "Add a dataset"
    lead = "A dataset that lies at an origin: training data, evaluation data or both."
    icon = "database"
    group = "data"
    checks = CheckPlan(
        required=("origin", "secrets", "card", "licence", "duplicates"),
        advisory=("contamination",),
    )
    origin_kind: ClassVar[Literal["model", "dataset", ""]] = "dataset"
    sentence = Sentence("wants to add", "wanted to add", "added", "to the datasets")
    sections = (
        REPOSITORY,
        Section(
            "What it is",
            "How it is named and described here.",
            ADDRESS,
            SUMMARY,
            (PURPOSE, SIZE),
            TAGS,
        ),
        TERMS,
        Section(
            "Files and card",
            "Read from the files themselves where that is possible.",
            REVISION,
            CARD,
        ),
    )

    def title(self, payload: Payload) -> str:
        return f"Add dataset {self.subject(payload)}"[:200]

    def subject(self, payload: Payload) -> str:
        return f"{payload['owner']}/{payload['name']}"

    def existing(self, payload: Payload) -> Dataset | None:
        return Dataset.objects.named(payload["owner"], payload["name"]).first()

    def summary_rows(self, payload: Payload) -> list[Row]:
        return [Row("name", "Dataset", self.subject(payload)), *super().summary_rows(payload)]

    def prefill(self, repo_id: str, revision: str = "main") -> Prefill:
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

    def revert(self, contribution: Contribution) -> tuple[str, Payload] | None:
        """What was added retires: its address and its scores stay where others refer to them."""
        entry = contribution.dataset
        if entry is None or entry.state == "retired":
            return None
        facts = snapshot(entry)
        why = f"Reverts #{contribution.pk}."
        retired = {"entry": entry.full_name, "based_on": facts.number, "state": "retired"}
        return "edit_dataset", {**facts.facts, **retired, "retired_why": why}

    def apply(
        self, *, actor: User, contribution: Contribution, payload: Payload, findings: Findings
    ) -> Applied:
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


def _size(card: cards.Card) -> str:
    """`size_categories: [1M<n<10M]`, which is rows; empty where the card states none."""
    stated = card.metadata.get("size_categories")
    words = stated if isinstance(stated, list) else [stated]
    return f"{words[0]} rows"[:120] if words and isinstance(words[0], str) and words[0] else ""
