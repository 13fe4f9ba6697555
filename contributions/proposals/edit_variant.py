"""Change what the catalogue says of a model variant."""

from typing import ClassVar

from contributions.models import Contribution
from contributions.proposals._edit import STANDING, WHAT_IT_IS, EditEntry
from contributions.proposals._entry import CARD, TERMS
from contributions.proposals.add_variant import ARCHITECTURE, LINEAGE, PARAMETERS, check_edges
from contributions.proposals.fields import Payload, Reading, Section
from contributions.proposals.protocol import Applied, CheckPlan, Findings
from hub import cards
from hub.actions.edit_variant import edit_variant
from hub.facts import EdgeFacts, VariantFacts
from hub.locks import LINEAGE as LINEAGE_LOCK
from hub.locks import hold
from hub.models import ModelVariant, User


class EditVariant(EditEntry):
    """payload: entry (owner/name), based_on (revision), and of what it shall be: owner, name, repo_id,
    summary, tags, edges, licence, licence_name, parameters, architecture, card_text, state, retired_why.
    """

    kind = "edit_variant"
    label = "Improve a variant’s page"
    lead = "Correct facts, lineage, licence or card; rename it, or retire it."
    group = "algorithm"
    checks = CheckPlan(required=("licence",))
    model: ClassVar[type[ModelVariant]] = ModelVariant
    sections = (
        Section("What it is", "How it is named and described here.", *WHAT_IT_IS),
        LINEAGE,
        TERMS,
        Section("Weights and card", "", (PARAMETERS, ARCHITECTURE), CARD),
        STANDING,
    )

    def validate(self, reading: Reading) -> None:
        super().validate(reading)
        check_edges(reading, f"{reading.cleaned['owner']}/{reading.cleaned['name']}")

    def apply(
        self, *, actor: User, contribution: Contribution, payload: Payload, findings: Findings
    ) -> Applied:
        # Of two merges at once the second reads what the first published.
        hold(LINEAGE_LOCK)
        variant, merged = self.merged(contribution)
        assert isinstance(variant, ModelVariant)  # noqa: S101 - `model` makes it so
        facts = VariantFacts(
            owner=merged["owner"],
            name=merged["name"],
            repo_id=merged["repo_id"],
            licence=merged["licence"],
            licence_name=merged["licence_name"],
            summary=merged["summary"],
            tags=tuple(merged["tags"]),
            parameters=merged["parameters"],
            architecture=merged["architecture"],
            edges=tuple(EdgeFacts(**edge) for edge in merged["edges"]),
            card_text=merged["card_text"],
            card_metadata=cards.parse(merged["card_text"]).metadata,
        )
        edited = edit_variant(
            actor=actor,
            variant=variant,
            facts=facts,
            state=merged["state"],
            why=merged["retired_why"],
        )
        return Applied(variant=edited)
