from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now

from contributions import permissions
from contributions.actions._audit import audit
from contributions.actions._limits import prose
from contributions.actions._spam import REFUSED, put_words
from contributions.models import Hold
from hub.models import User


def refuse_text(*, actor: User, hold: Hold, why: str) -> Hold:
    """Do not show a text; its author and maintainers can still read it.

    Raises PermissionDenied (maintainers), IllegalMove when another was first, Refusal without words.
    """
    why = prose(why, field="why", most=1000, missing="Say why: its author wants to know.")
    if not permissions.moderates(actor):
        raise PermissionDenied("Maintainers decide about held texts.")
    with transaction.atomic():
        hold.move("refused", decided_by=actor, decided_at=Now())
        put_words(hold, REFUSED)
        audit(
            actor=actor,
            deed="refused",
            target=f"a text of @{hold.author.username}",
            url=hold.get_absolute_url(),
            why=why,
        )
    return hold
