"""Make an API token. The secret is answered once and kept nowhere."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hub.models import Token, User
from hub.models.token import Scope, digest_of, new_secret
from hub.refusal import Refusal

MAX_TOKENS = 50
HINT_LENGTH = 9


@transaction.atomic
def create_token(
    *, user: User, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[Token, str]:
    """The token and its secret. Raises Refusal for unknown scopes or too many tokens."""
    if not user.is_active:
        raise PermissionDenied("This account is closed.")
    name, wanted = name.strip(), sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in Scope.values]
    if unknown:
        known = ", ".join(Scope.values)
        message = f"There is no scope “{unknown[0]}”. Choose from {known}."
        raise Refusal("unknown_scope", message, fields={"scopes": [message]})
    if not name:
        message = "Give the token a name, so that you know it again."
        raise Refusal("name_missing", message, fields={"name": [message]})
    # The row lock makes the count and the insert one step.
    User.objects.select_for_update().get(pk=user.pk)
    if Token.objects.valid().filter(user=user).count() >= MAX_TOKENS:
        raise Refusal("too_many_tokens", f"You have {MAX_TOKENS} tokens. Revoke one first.")
    secret = new_secret()
    token = Token.objects.create(
        user=user,
        name=name[:80],
        hint=secret[:HINT_LENGTH],
        digest=digest_of(secret),
        scopes=wanted,
        expires_at=expires_at,
    )
    return token, secret
