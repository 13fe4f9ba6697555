"""Open or shut an account; what suspending and reinstating share."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions
from contributions.actions._audit import audit
from hub.models import User


def set_active(*, actor: User, person: User, active: bool, deed: str, why: str) -> User:
    """One that is so already changes nothing. Raises PermissionDenied."""
    with transaction.atomic():
        person.refresh_from_db(from_queryset=User.objects.select_for_update(no_key=True))
        if not permissions.may_suspend(actor, person):
            raise PermissionDenied("Maintainers suspend people, but not their equals or above.")
        if person.is_active != active:
            person.is_active = active
            person.save(update_fields=["is_active"])
            url = person.get_absolute_url()
            audit(actor=actor, deed=deed, target=f"@{person.username}", url=url, why=why)
    return person
