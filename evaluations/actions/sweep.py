"""Find what was lost: runs whose worker is gone, runs nobody was told about, boards nobody ranked.

Idempotent: beat may run twice, and two sweeps at once do what one does.
"""

from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from evaluations.actions.fail import LEASE_LOST, fail_run
from evaluations.actions.follow import let_all_follow
from evaluations.actions.refresh_estimates import refresh_estimates
from evaluations.models import Board, Run, Worker
from evaluations.models.run import RunQuerySet
from hub.lease import from_now
from hub.queue import depth, send
from hub.state import IllegalMove

# More than this is left for the next sweep.
BATCH = 500
# Seconds. Who has been gone for so long is not coming back.
FORGOTTEN_AFTER = 30 * 24 * 3600
# A handful of queries each.
ESTIMATES = 50


class Swept(NamedTuple):
    """How many runs were taken back, runs that waited for another settled, expectations told, nudges
    sent and boards announced again."""

    overdue: int
    followed: int
    told: int
    nudged: int
    boards: int


def sweep() -> Swept:
    return Swept(
        overdue=take_back_overdue(),
        followed=let_all_follow(BATCH),
        told=refresh_estimates(ESTIMATES),
        nudged=nudge_waiting(),
        boards=nudge_boards(),
    )


def take_back_overdue() -> int:
    """Runs whose lease ran out go back in the queue, or fail once their attempts are used up."""
    taken = 0
    for run in Run.objects.overdue().order_by("pk")[:BATCH]:
        try:
            fail_run(run, LEASE_LOST, wait=False, guard={"lease_until__lt": Now()})
        except IllegalMove:
            continue  # renewed, ended or swept meanwhile
        taken += 1
    return taken


def nudge_waiting() -> int:
    """Send as many messages as a queue has runs more than the broker has messages: never a flood."""
    queues = Run.objects.due().order_by().values_list("queue", flat=True).distinct()
    return sum(_nudge(queue) for queue in queues)


def _nudge(queue: str) -> int:
    known = depth(queue)
    if known is None:
        return 0  # no broker: the next sweep
    due = Run.objects.due().filter(queue=queue)
    missing = min(due.count() - known, BATCH)
    if missing <= 0:
        return 0
    marked = _mark_sent(due, missing)
    for sent, _ in enumerate(marked):
        if not send("evaluations.work", queue, queue=queue):
            Run.objects.filter(pk__in=marked[sent:], state="queued").update(sent_at=None)
            return sent
    return len(marked)


def _mark_sent(due: RunQuerySet, count: int) -> list[int]:
    """Before they are sent, so that of two sweeps one sends. Two queries, however many."""
    with transaction.atomic():
        unsent = due.unsent(settings.SWEEP_SECONDS).select_for_update(
            skip_locked=True, of=("self",)
        )
        marked = list(unsent.values_list("pk", flat=True)[:count])
        Run.objects.filter(pk__in=marked).update(sent_at=Now())
    return marked


def nudge_boards() -> int:
    """Boards that a score made stale a while ago and that nobody ranked since."""
    stale = Board.objects.filter(stale_since__lt=from_now(-settings.SWEEP_SECONDS))
    return sum(send("evaluations.rank", pk) for pk in stale.values_list("pk", flat=True)[:BATCH])


def forget_workers() -> int:
    """Rows of workers that nobody has heard of for a month. What they did stays with the runs."""
    forgotten, _ = Worker.objects.filter(seen_at__lt=from_now(-FORGOTTEN_AFTER)).delete()
    return forgotten
