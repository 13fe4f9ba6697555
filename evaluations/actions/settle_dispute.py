"""Say what came of a dispute."""

from django.db.models.functions import Now

from evaluations.models import Dispute
from hub.models import User


def settle_dispute(*, actor: User, number: int, upheld: bool) -> Dispute:
    """Uphold or dismiss the open dispute of contribution `number`, which decides who may.

    Raises IllegalMove when somebody was first; the mark stays or goes with the one move.
    """
    dispute = Dispute.objects.get(number=number)
    dispute.move(
        "upheld" if upheld else "dismissed",
        settled_by=actor,
        settled_at=Now(),
        changed_at=Now(),
    )
    return dispute
