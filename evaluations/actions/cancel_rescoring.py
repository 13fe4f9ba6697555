from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now

from evaluations.models import Rescoring
from evaluations.permissions import may_rescore
from hub.models import User


def cancel_rescoring(*, actor: User, rescoring: Rescoring) -> Rescoring:
    """Stop judging; the scores that were made stay, the boards are as they were.

    A worker that is at it notices within seconds and writes nothing more: its writes are guarded by
    the state. Raises PermissionDenied, and IllegalMove when it has ended.
    """
    if not may_rescore(actor):
        raise PermissionDenied("Only maintainers stop a rescoring.")
    with transaction.atomic():
        # A worker may have taken it since the page was shown.
        locked: Rescoring = Rescoring.objects.select_for_update(of=("self",)).get(pk=rescoring.pk)
        locked.move("cancelled", finished_at=Now(), lease_until=None)
    return locked
