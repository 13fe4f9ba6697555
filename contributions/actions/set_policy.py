from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions
from contributions.actions._audit import audit
from contributions.checks import CHECKS
from hub.models import User, WorkingGroup
from hub.refusal import Refusal

MOST_APPROVALS = 5


def set_policy(
    *, actor: User, group: WorkingGroup, approvals: int, required_checks: Sequence[str]
) -> WorkingGroup:
    """What a merge of the group's contributions needs, of open ones too.

    Raises PermissionDenied (maintainers of the hub), Refusal `invalid`.
    """
    if not permissions.may_run_groups(actor):
        raise PermissionDenied("Maintainers of the hub set what a merge needs.")
    if not 1 <= approvals <= MOST_APPROVALS:
        message = f"Ask for 1 to {MOST_APPROVALS} approvals."
        raise Refusal("invalid", message, fields={"approvals": [message]})
    if unknown := sorted(set(required_checks) - set(CHECKS)):
        message = f"There is no check called {unknown[0]}."
        raise Refusal("invalid", message, fields={"required_checks": [message]})
    wanted = sorted(set(required_checks))
    with transaction.atomic():
        WorkingGroup.objects.filter(pk=group.pk).update(approvals=approvals, required_checks=wanted)
        audit(
            actor=actor,
            deed="policy",
            target=group.name,
            url=permissions.group_url(group),
            why=f"{approvals} approvals; required checks: {', '.join(wanted) or 'the kinds’ own'}",
        )
    group.refresh_from_db()
    return group
