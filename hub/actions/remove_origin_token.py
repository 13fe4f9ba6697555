"""Take a lent token back: it is deleted, not marked."""

from django.core.exceptions import PermissionDenied

from hub.models import OriginToken, User
from hub.models.user import Role


def remove_origin_token(*, actor: User, token: OriginToken) -> None:
    """One's own, or anybody's as an administrator. Twice does no harm."""
    if token.person_id != actor.pk and not actor.is_at_least(Role.ADMIN):
        raise PermissionDenied("This token is somebody else's.")
    OriginToken.objects.filter(pk=token.pk).delete()
