"""Move a run and leave the row that says so: the one door through which `Run.state` changes."""

from typing import Any

from django.db import transaction

from evaluations.models import Run, RunEvent, RunItem
from hub.models import User

# A run that ended so has computed nothing: its recipes may be asked for again.
FREEING = frozenset({"failed", "cancelled", "superseded"})
LONGEST_WORKER_NAME = 200
# Why a run went on, where nobody had to decide anything.
CAUSES = {
    "fetching": "its turn came",
    "preparing": "its files are here",
    "running": "the model answers",
    "scoring": "all answers are in",
    "published": "its scores are recorded",
}


def move_run(
    run: Run,
    to: str,
    *,
    why: str = "",
    actor: User | None = None,
    guard: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Move `run` to `to` with `changes` and write its event, in one transaction.

    Guarded by state, attempt and lease token as `run` has them, and by `guard`; raises IllegalMove
    (nothing written) when the row stands elsewhere by now.
    """
    before = run.state
    with transaction.atomic():
        run.move(to, guard=run.lease | (guard or {}), **changes)
        write_event(run, before, actor=actor, why=why)
        if to in FREEING:
            RunItem.objects.filter(run=run).update(live=False)


def write_event(run: Run, before: str, *, actor: User | None = None, why: str = "") -> None:
    """The row of a move that happened in this transaction: `before` -> where `run` stands now.

    The worker is named where one held the run before or holds it now, and nobody else decided.
    """
    held = actor is None and not Run.HELD_STATES.isdisjoint({before, run.state})
    RunEvent.objects.create(
        run=run,
        from_state=before,
        to_state=run.state,
        attempt=run.attempt,
        actor=actor,
        worker=run.worker[:LONGEST_WORKER_NAME] if held else "",
        why=why or CAUSES.get(run.state, "") if before != run.state else why,
    )
