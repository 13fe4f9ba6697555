"""Let a waiting run go sooner or later than its turn."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from evaluations.actions.move import write_event
from evaluations.models import Run
from evaluations.permissions import may_prioritise_run, priorities_for
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove


def prioritise_run(*, actor: User, run: Run, priority: int, why: str = "") -> Run:
    """Give a waiting run `priority`; higher goes first, 0 is everybody's.

    Who asked for a run may put it behind others, a maintainer anywhere. Raises PermissionDenied,
    Refusal out_of_range for a number that `actor` may not give, IllegalMove once it does not wait.
    """
    if not may_prioritise_run(actor, run):
        raise PermissionDenied(
            "Only who requested a run, or a maintainer, may change its priority."
        )
    lowest, highest = priorities_for(actor)
    if not lowest <= priority <= highest:
        message = f"You may give priorities from {lowest} to {highest}."
        raise Refusal("out_of_range", message, fields={"priority": [message]})
    with transaction.atomic():
        # A worker that takes it at this moment is waited for, and then it has left the queue.
        locked: Run = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if locked.state != "queued":
            raise IllegalMove(locked, "queued", locked.state)
        if locked.priority != priority:
            before, locked.priority = locked.priority, priority
            locked.save(update_fields=["priority"])
            changed = f"priority {before} → {priority}. {why}".strip()
            write_event(locked, locked.state, actor=actor, why=changed)
    return locked
