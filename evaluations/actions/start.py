"""Take the next waiting run."""

from django.db import transaction
from django.db.models.functions import Now

from evaluations.actions.move import write_event
from evaluations.models import Run


def claim_next(*, queue: str, worker: str) -> Run | None:
    """The first run in order that waits on `queue`, now held by `worker` and fetching; None: none waits.

    SKIP LOCKED: workers that ask at the same moment get different runs, none waits for another.
    """
    with transaction.atomic():
        run: Run | None = (
            Run.objects.due()
            .filter(queue=queue)
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
        if run is None:
            return None
        run.claim(
            "fetching",
            worker=worker,
            started_at=Now(),
            cancel_asked=False,
            not_before=None,
            progress={},
            log_tail="",
        )
        write_event(run, "queued")
    return run
