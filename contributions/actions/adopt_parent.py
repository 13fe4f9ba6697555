from django.core.exceptions import PermissionDenied

from contributions import permissions
from contributions.actions.revise import revise
from contributions.models import Check, Version
from hub.models import User
from hub.refusal import Refusal


def adopt_parent(
    *, actor: User, check: Check, position: int, head: int, sign_off: bool = False
) -> Version:
    """Revise by the parent that detail number `position` (from 0) of `check` suggests.

    Raises as revise does, and Refusal `no_suggestion` where the check suggests nothing there.
    """
    if not permissions.is_author(actor, check.version.contribution):
        raise PermissionDenied("Only its author revises a contribution.")
    details = check.details if check.version.number == head else []
    parent = details[position].get("parent") if 0 <= position < len(details) else None
    if not parent:
        message = "The check suggests no parent there any more. Look at the newest version."
        raise Refusal("no_suggestion", message)
    payload = check.version.payload
    return revise(
        actor=actor,
        contribution=check.version.contribution,
        payload={**payload, "edges": [*payload["edges"], parent]},
        note=f"Adds the parent {parent['parent_name']}, as the check “{check.name}” suggests.",
        head=head,
        sign_off=sign_off,
    )
