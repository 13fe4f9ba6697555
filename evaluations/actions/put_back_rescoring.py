"""Hand a rescoring back that somebody held: for the next attempt, or for good where there were enough."""

from typing import Any

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from evaluations.actions.request_rescoring import QUEUE
from evaluations.models import Rescoring
from hub.queue import send_on_commit
from hub.state import IllegalMove

LOST = "The worker stopped answering while it judged."


def put_back_rescoring(
    rescoring: Rescoring, *, why: str, guard: dict[str, Any] | None = None
) -> bool:
    """What was judged stays judged. The sweeper announces it again, after a pause. False where it is
    somebody else's by now."""
    guard = rescoring.lease | (guard or {})
    try:
        if rescoring.attempt < settings.MAX_ATTEMPTS:
            rescoring.move(
                "queued", guard=guard, sent_at=Now(), lease_until=None, failure_message=why
            )
        else:
            changes = {"failure_message": why, "finished_at": Now(), "lease_until": None}
            rescoring.move("failed", guard=guard, **changes)
    except IllegalMove:
        return False
    return True


def release_rescorings(worker: str) -> int:
    """All that `worker`, which was told to stop, holds; the attempt is not charged. How many."""
    held = Rescoring.objects.filter(state="running", worker=worker)
    released = held.update(state="queued", attempt=F("attempt") - 1, lease_until=None, sent_at=None)
    if released:
        send_on_commit("evaluations.rescore", queue=QUEUE)
    return released
