from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from contributions import permissions, proposals
from contributions.actions._audit import audit
from hub.models import Scope, User, WorkingGroup
from hub.refusal import Refusal


def add_scope(
    *,
    actor: User,
    group: WorkingGroup,
    person: User,
    role: str,
    kinds: Sequence[str] = (),
    owner: str = "",
) -> Scope:
    """Let `person` look after contributions of `group`; no kinds mean all, no owner everybody's.

    Raises PermissionDenied (maintainers of the hub), Refusal: invalid, already_there.
    """
    if not permissions.may_run_groups(actor):
        raise PermissionDenied("Maintainers of the hub say who looks after what.")
    scope = Scope(group=group, person=person, role=role, kinds=list(kinds), owner=owner.strip())
    try:
        scope.clean_fields()
    except ValidationError as error:
        message = "Some fields need another look."
        raise Refusal("invalid", message, fields=error.message_dict) from error
    if unknown := sorted(set(kinds) - set(proposals.KINDS)):
        message = f"There is no kind called {unknown[0]}."
        raise Refusal("invalid", message, fields={"kinds": [message]})
    if person.is_bot or not person.is_active:
        message = (
            f"{person.username} cannot decide anything: only people with an active account do."
        )
        raise Refusal("invalid", message, fields={"person": [message]})
    try:
        with transaction.atomic():
            scope.save(force_insert=True)
            audit(
                actor=actor,
                deed="scoped",
                target=f"@{person.username}",
                url=permissions.group_url(group),
                why=f"{scope.role} of {group}: {scope.what}",
            )
    except IntegrityError as error:
        message = (
            f"{person.username} is {role} of that already; remove it first to change the kinds."
        )
        raise Refusal("already_there", message, fields={"person": [message]}) from error
    return scope
