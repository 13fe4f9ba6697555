from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now

from contributions import permissions
from contributions.actions._events import happened
from contributions.models import Thread
from contributions.models.thread import Resolved
from hub.models import User


def resolve_thread(*, actor: User, thread: Thread) -> Thread:
    """Nothing is left to discuss: a merge does not wait for it any more.

    Raises PermissionDenied (who opened it, the author, maintainers), IllegalMove (ended, or somebody
    was first).
    """
    contribution = thread.contribution
    with transaction.atomic():
        # A merge counts open threads with this row held.
        contribution.hold()
        contribution.require_current("discussed")
        if not permissions.settles(actor, thread):
            raise PermissionDenied("Who opened a thread, the author and maintainers resolve it.")
        thread.refresh_from_db(fields=["state", "resolved_by"])
        if thread.state == "resolved":
            raise Resolved(thread)
        thread.move("resolved", resolved_by=actor, resolved_at=Now())
        happened(contribution=contribution, verb="resolved", actor=actor, thread=thread)
    return thread
