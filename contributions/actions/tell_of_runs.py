from django.db import transaction

from contributions.actions._events import happened
from contributions.models import AwaitedRun
from evaluations.models import Run

BATCH = 200


def tell_of_runs() -> int:
    """Write a "measured" event for each awaited run that has ended. How many.

    Evaluations know nothing of contributions, so nothing tells us of the end: the sweep looks, among
    the few rows of runs that still are awaited. Two sweeps at once tell each run once.
    """
    with transaction.atomic():
        ended = AwaitedRun.objects.filter(run__state__in=Run.terminal_states())
        rows = list(
            ended.select_for_update(skip_locked=True, of=("self",))
            .select_related("contribution", "run")
            .defer("run__log_tail")[:BATCH]
        )
        for row in rows:
            happened(
                contribution=row.contribution,
                verb="measured",
                actor=None,
                to_state=row.run.state,
                why=row.run.failure_message,
                run=row.run,
            )
        AwaitedRun.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)
