"""`Authorization: Bearer trib_…`. A guess that cannot be a token never reaches the database."""

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from hub.models import Token, User
from hub.models.token import digest_of, looks_real

# `last_used_at` is for people who wonder whether a token is still in use; a minute is exact enough.
USE_IS_NOTED_EVERY = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = _find(secret.decode("ascii", "replace").strip())
        if token is None:
            raise AuthenticationFailed("This token is unknown, revoked or expired.")
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes refusals 401 with `WWW-Authenticate`, not 403."""
        return 'Bearer realm="Tributary API"'


def _find(secret: str) -> Token | None:
    if not looks_real(secret):
        return None
    found = Token.objects.valid().filter(digest=digest_of(secret))
    return found.select_related("user").annotate(database_now=Now()).first()


def _note_use(token: Token) -> None:
    now = token.database_now  # type: ignore[attr-defined]
    if token.last_used_at is None or now - token.last_used_at > USE_IS_NOTED_EVERY:
        old = Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_IS_NOTED_EVERY)
        Token.objects.filter(old, pk=token.pk).update(last_used_at=Now())
