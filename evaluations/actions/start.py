"""Take the next waiting run."""

from django.db import transaction
from django.db.models.functions import Now

from evaluations.actions.move import write_event
from evaluations.models import Run, Worker


def claim_next(*, queue: str, worker: str) -> Run | None:
    """The first run in order that waits on `queue` and that `worker` is fit for, now held by it and
    fetching; None: none waits, or the worker drains. One that has not announced itself takes any.

    SKIP LOCKED: workers that ask at the same moment get different runs, none waits for another.
    """
    waiting = Run.objects.due().filter(queue=queue)
    announced = Worker.objects.filter(name=worker).first()
    if announced is not None:
        if announced.draining:
            return None
        waiting = waiting.filter(needs__contained_by=announced.abilities)
    with transaction.atomic():
        run: Run | None = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if run is None:
            return None
        run.claim(
            "fetching",
            worker=worker,
            started_at=Now(),
            cancel_asked=False,
            not_before=None,
            progress={},
            usage={},
            log_tail="",
        )
        write_event(run, "queued")
    return run
