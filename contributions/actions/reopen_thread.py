from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions
from contributions.actions._events import happened
from contributions.models import Thread
from hub.models import User


def reopen_thread(*, actor: User, thread: Thread) -> Thread:
    """There is more to discuss. Raises PermissionDenied, IllegalMove (ended, or open already)."""
    contribution = thread.contribution
    with transaction.atomic():
        contribution.hold()
        contribution.require_current("discussed")
        if not permissions.settles(actor, thread):
            raise PermissionDenied("Who opened a thread, the author and maintainers reopen it.")
        thread.refresh_from_db(fields=["state"])
        thread.move("open", resolved_by=None, resolved_at=None)
        happened(contribution=contribution, verb="reopened", actor=actor, thread=thread)
    return thread
