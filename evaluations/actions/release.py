"""A worker that was told to stop hands back what it holds."""

from django.db import transaction
from django.db.models import F

from evaluations.actions.move import move_run
from evaluations.actions.supersede import supersede_overtaken
from evaluations.models import Run
from hub.queue import send_on_commit
from hub.state import IllegalMove


def release_runs(worker: str) -> int:
    """Put every run that `worker` holds back at once, the attempt not charged. How many.

    The lease token stays, so that the next claim makes a new one and fences the old holder off.
    """
    released = 0
    held = Run.objects.filter(state__in=Run.HELD_STATES, worker=worker)
    for run in held.select_related("checkpoint").defer("checkpoint__files", "log_tail"):
        try:
            with transaction.atomic():
                move_run(
                    run,
                    "queued",
                    why="the worker was told to stop",
                    attempt=F("attempt") - 1,
                    lease_until=None,
                    sent_at=None,
                )
                supersede_overtaken(run.checkpoint.variant_id)
                send_on_commit("evaluations.work", run.queue, queue=run.queue)
        except IllegalMove:
            continue
        released += 1
    return released
