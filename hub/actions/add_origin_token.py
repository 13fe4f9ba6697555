"""Lend the hub a token for gated repositories. Nobody is ever shown it again."""

import re

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hub.models import OriginToken, User
from hub.refusal import Refusal
from hub.sealing import seal

MAX_TOKENS = 20
HINT_LENGTH = 4
# What fits into a header, and is no sentence that somebody pasted by mistake.
SECRET = re.compile(r"[\x21-\x7e]{8,500}")
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
SCOPE = re.compile(rf"{NAME}(/{NAME})?")


@transaction.atomic
def add_origin_token(*, person: User, label: str, scope: str, secret: str) -> OriginToken:
    """`scope` is an owner, a repository (`owner/name`), or empty: all that `person` adds or asks for.

    Raises PermissionDenied, Refusal `invalid` with the fields' errors, or `too_many_tokens`.
    """
    if not person.is_active:
        raise PermissionDenied("This account is closed.")
    label, scope, secret = label.strip(), scope.strip().strip("/"), secret.strip()
    _check(label, scope, secret)
    # The row lock makes the count and the insert one step.
    User.objects.select_for_update().get(pk=person.pk)
    if OriginToken.objects.filter(person=person).count() >= MAX_TOKENS:
        raise Refusal("too_many_tokens", f"You lent {MAX_TOKENS} tokens. Remove one first.")
    return OriginToken.objects.create(
        person=person,
        label=label[:60],
        scope=scope,
        encrypted=seal(secret),
        hint=secret[-HINT_LENGTH:],
    )


def _check(label: str, scope: str, secret: str) -> None:
    fields = {}
    if not label:
        fields["label"] = ["Give the token a name, so that you know it again."]
    if scope and not SCOPE.fullmatch(scope):
        fields["scope"] = ["An owner, or owner/name; empty for all that you add."]
    if not SECRET.fullmatch(secret):
        fields["secret"] = ["Paste the token alone, without spaces."]
    if fields:
        raise Refusal("invalid", next(iter(fields.values()))[0], fields=fields)
