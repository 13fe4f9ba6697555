from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now

from contributions import permissions
from contributions.actions._audit import audit
from contributions.actions._spam import put_words
from contributions.actions.write_references import write_references
from contributions.models import Hold
from hub.models import User
from hub.queue import send


def release_text(*, actor: User, hold: Hold) -> Hold:
    """Let a held text stand where it belongs; whoever would have heard of it hears now.

    Raises PermissionDenied (maintainers, never their own), IllegalMove when another was first.
    """
    if not permissions.moderates(actor) or actor == hold.author:
        raise PermissionDenied("Maintainers release held texts, and never their own.")
    with transaction.atomic():
        hold.move("released", decided_by=actor, decided_at=Now())
        put_words(hold, hold.text)
        write_references(
            contribution=hold.contribution, text=hold.text, comment=hold.comment, actor=hold.author
        )
        audit(
            actor=actor,
            deed="released",
            target=f"a text of @{hold.author.username}",
            url=hold.get_absolute_url(),
        )
        transaction.on_commit(partial(send, "contributions.announce"), robust=True)
    return hold
