"""Change what the catalogue says of a dataset."""

from typing import ClassVar

from contributions.models import Contribution
from contributions.proposals._edit import STANDING, WHAT_IT_IS, EditEntry
from contributions.proposals._entry import CARD, TERMS
from contributions.proposals.add_dataset import PURPOSE, SIZE
from contributions.proposals.fields import Payload, Section
from contributions.proposals.protocol import Applied, CheckPlan, Findings
from hub import cards
from hub.actions.edit_dataset import edit_dataset
from hub.facts import DatasetFacts
from hub.locks import LINEAGE, hold
from hub.models import Dataset, User


class EditDataset(EditEntry):
    """payload: entry (owner/name), based_on (revision), and of what it shall be: owner, name, repo_id,
    summary, tags, purpose, size, licence, licence_name, card_text, state, retired_why.
    """

    kind = "edit_dataset"
    label = "Improve a dataset’s page"
    lead = "Correct facts, licence or card; rename it, or retire it."
    group = "data"
    checks = CheckPlan(required=("licence",))
    model: ClassVar[type[Dataset]] = Dataset
    sections = (
        Section("What it is", "How it is named and described here.", *WHAT_IT_IS, (PURPOSE, SIZE)),
        TERMS,
        Section("Card", "", CARD),
        STANDING,
    )

    def apply(
        self, *, actor: User, contribution: Contribution, payload: Payload, findings: Findings
    ) -> Applied:
        # Of two merges at once the second reads what the first published.
        hold(LINEAGE)
        dataset, merged = self.merged(contribution)
        assert isinstance(dataset, Dataset)  # noqa: S101 - `model` makes it so
        facts = DatasetFacts(
            owner=merged["owner"],
            name=merged["name"],
            repo_id=merged["repo_id"],
            licence=merged["licence"],
            licence_name=merged["licence_name"],
            summary=merged["summary"],
            tags=tuple(merged["tags"]),
            purpose=merged["purpose"],
            size=merged["size"],
            card_text=merged["card_text"],
            card_metadata=cards.parse(merged["card_text"]).metadata,
        )
        edited = edit_dataset(
            actor=actor,
            dataset=dataset,
            facts=facts,
            state=merged["state"],
            why=merged["retired_why"],
        )
        return Applied(dataset=edited)
