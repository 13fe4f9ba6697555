from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions, proposals
from contributions.actions._audit import audit
from contributions.actions._events import happened
from contributions.actions._limits import prose
from contributions.models import Contribution
from hub.models import User


def close(*, actor: User, contribution: Contribution, why: str) -> Contribution:
    """End a contribution without merging it. Raises PermissionDenied, IllegalMove, Refusal."""
    why = prose(why, field="why", missing="Say why: the author and later readers want to know.")
    with transaction.atomic():
        contribution.hold()
        if not permissions.closes(actor, contribution):
            raise PermissionDenied("Maintainers close contributions.")
        left = contribution.move_on("closed")
        happened(
            contribution=contribution,
            verb="closed",
            actor=actor,
            from_state=left,
            to_state=contribution.state,
            why=why,
        )
        proposals.get(contribution.kind).ended(contribution)
        audit(
            actor=actor,
            deed="closed",
            target=f"#{contribution.pk}",
            url=contribution.get_absolute_url(),
            why=why,
        )
    return contribution
