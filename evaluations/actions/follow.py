"""What waited for a run goes on once it is published, and ends with it otherwise."""

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest, Now

from evaluations.actions.move import move_run
from evaluations.models import Run
from evaluations.turns import virtual_time
from hub.queue import send_on_commit
from hub.state import IllegalMove


def let_follow(run: Run) -> int:
    """Settle every waiting run that was to come after `run`, which has ended; how many.

    In the transaction that ends `run`; where a request was quicker than that, the sweeper calls it.
    """
    followers = Run.objects.filter(after=run, state="queued")
    if run.state == "published":
        return _set_off(followers.order_by("pk"))
    ended = 0
    for follower in followers.order_by("pk"):
        try:
            _end(follower, run)
        except IllegalMove:
            continue  # somebody cancelled it meanwhile
        ended += 1
    return ended


def let_all_follow(most: int) -> int:
    """The same for runs whose first run ended while they were asked for."""
    left = Run.objects.filter(
        state="queued", after__isnull=False, after__state__in=Run.terminal_states()
    )
    ended = Run.objects.filter(pk__in=left.values("after")).order_by("pk")[:most]
    return sum(let_follow(run) for run in ended)


def _set_off(followers: "QuerySet[Run]") -> int:
    queues = list(followers.values_list("pk", "queue"))
    for pk, queue in queues:
        # A queue that has moved on meanwhile goes on from where it is.
        turn = Greatest(F("turn"), Value(virtual_time(queue)))
        if Run.objects.filter(pk=pk, state="queued").update(after=None, turn=turn, sent_at=None):
            send_on_commit("evaluations.work", queue, queue=queue)
    return len(queues)


def _end(follower: Run, first: Run) -> None:
    if first.state == "failed":
        move_run(
            follower,
            "failed",
            why=f"run {first.pk}, which had to come first, failed",
            finished_at=Now(),
            failure_stage="queued",
            failure_code="trial_failed",
            failure_message=f"Run {first.pk} had to come first, and failed: {first.failure_message}",
            failure_whose=first.failure_whose,
        )
    else:
        why = f"run {first.pk}, which had to come first, was {first.state}"
        move_run(follower, "cancelled", why=why, finished_at=Now())
