"""Take an upheld flag back, because the ground for it is gone. Both stay readable."""

from contributions.models import Contribution
from contributions.proposals.fields import Count, Payload, Prose, Reading, Section
from contributions.proposals.protocol import Applied, Findings, Proposal, Sentence
from evaluations.actions.lift_dispute import lift_dispute
from evaluations.models import Dispute
from hub.models import User


class LiftFlag(Proposal):
    """payload: flag (the number of the contribution that flagged), why."""

    kind = "lift_flag"
    label = "Lift a flag"
    lead = "Something that was flagged rightly has been put right since."
    icon = "undo-2"
    group = "data"
    needs_entry = True
    sentence = Sentence(
        "wants to lift the flag on", "wanted to lift the flag on", "lifted the flag on"
    )
    sections = (
        Section(
            "The flag",
            "Whatever inherited it is clear of it as soon as this is merged.",
            Count("flag", "Number of the flag", "The contribution that was merged.", required=True),
            Prose("why", "What has changed", "How to see it oneself.", required=True, rows=8),
        ),
    )

    def validate(self, reading: Reading) -> None:
        number = reading.cleaned["flag"]
        if number is not None and _upheld(number) is None:
            reading.error("flag", f"#{number} is no flag that stands upheld.")

    def subject(self, payload: Payload) -> str:
        dispute = Dispute.objects.select_related("variant", "dataset").get(number=payload["flag"])
        return str(dispute.variant or dispute.dataset)

    def title(self, payload: Payload) -> str:
        return f"Lift #{payload['flag']} on {self.subject(payload)}"[:200]

    def apply(
        self, *, actor: User, contribution: Contribution, payload: Payload, findings: Findings
    ) -> Applied:
        dispute = Dispute.objects.select_related("variant", "dataset").get(number=payload["flag"])
        lift_dispute(dispute=dispute, by=contribution.pk)
        return Applied(variant=dispute.variant, dataset=dispute.dataset)


def _upheld(number: int) -> Dispute | None:
    return Dispute.objects.filter(number=number, state="upheld").first()
