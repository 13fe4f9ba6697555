"""Revoke an API token, for good."""

from django.core.exceptions import PermissionDenied
from django.db.models.functions import Now

from hub.models import Token, User
from hub.models.user import Role


def revoke_token(*, actor: User, token: Token) -> None:
    """One's own, or anybody's as an administrator. Revoking twice keeps the first time."""
    if token.user_id != actor.pk and not actor.is_at_least(Role.ADMIN):
        raise PermissionDenied("This token is somebody else's.")
    Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now())
    token.refresh_from_db(fields=["revoked_at"])
