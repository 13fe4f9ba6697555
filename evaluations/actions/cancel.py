"""Stop a run that somebody asked for."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now

from evaluations.actions.follow import let_follow
from evaluations.actions.move import move_run, write_event
from evaluations.models import Run
from evaluations.permissions import may_cancel_run
from hub.models import User
from hub.state import IllegalMove


def cancel_run(*, actor: User, run: Run, why: str = "") -> Run:
    """Cancel a waiting run now; ask the worker that holds a running one, which obeys within seconds.

    After this returned, the run will never publish: recording is guarded by `cancel_asked`.
    Raises PermissionDenied, and IllegalMove when the run has ended.
    """
    if not may_cancel_run(actor, run):
        raise PermissionDenied("Only who requested a run, or a maintainer, may cancel it.")
    with transaction.atomic():
        # The lock makes the choice between the two ways hold until it is written.
        locked: Run = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if locked.state in Run.terminal_states():
            raise IllegalMove(locked, "cancelled", locked.state)
        if locked.state == "queued":
            move_run(locked, "cancelled", actor=actor, why=why, finished_at=Now())
            let_follow(locked)
        elif not locked.cancel_asked:
            locked.cancel_asked = True
            locked.save(update_fields=["cancel_asked"])
            write_event(locked, locked.state, actor=actor, why=f"cancel asked. {why}".strip())
    return locked
