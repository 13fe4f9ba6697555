from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions, proposals
from contributions.actions._events import happened
from contributions.actions._limits import prose
from contributions.models import Contribution
from hub.models import User


def withdraw(*, actor: User, contribution: Contribution, why: str = "") -> Contribution:
    """The author takes it back. Raises PermissionDenied, IllegalMove."""
    why = prose(why, field="why")
    with transaction.atomic():
        contribution.hold()
        if not permissions.is_author(actor, contribution):
            raise PermissionDenied("Only its author withdraws a contribution.")
        left = contribution.move_on("withdrawn")
        happened(
            contribution=contribution,
            verb="withdrawn",
            actor=actor,
            from_state=left,
            to_state=contribution.state,
            why=why,
        )
        proposals.get(contribution.kind).ended(contribution)
    return contribution
