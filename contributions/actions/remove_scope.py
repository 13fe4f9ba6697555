from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions
from contributions.actions._audit import audit
from hub.models import Scope, User


def remove_scope(*, actor: User, scope: Scope) -> None:
    """Somebody looks after this no more. Twice does no harm. Raises PermissionDenied."""
    if not permissions.may_run_groups(actor):
        raise PermissionDenied("Maintainers of the hub say who looks after what.")
    with transaction.atomic():
        gone, _ = Scope.objects.filter(pk=scope.pk).delete()
        if gone:
            audit(
                actor=actor,
                deed="unscoped",
                target=f"@{scope.person.username}",
                url=permissions.group_url(scope.group),
                why=f"{scope.role} of {scope.group}: {scope.what}",
            )
