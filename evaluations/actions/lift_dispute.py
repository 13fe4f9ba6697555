"""Take an upheld dispute back: the ground for it is gone."""

from django.db.models.functions import Now

from evaluations.models import Dispute


def lift_dispute(*, dispute: Dispute, by: int) -> Dispute:
    """Lift an upheld dispute by merging contribution `by`, which decides who may.

    It stays readable, and whatever inherited it is clear of it at once. Raises IllegalMove unless it
    is upheld.
    """
    dispute.move("lifted", lifted_number=by, changed_at=Now())
    return dispute
