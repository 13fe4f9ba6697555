import hashlib
import re
import secrets
import string
import zlib
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
TOKEN_PATTERN = re.compile(r"trib_[0-9A-Za-z]{42}")


class Scope(models.TextChoices):
    CONTRIBUTE = "contribute", "submit, revise and comment on contributions"
    REVIEW = "review", "review, merge and close contributions"
    EVALUATE = "evaluate", "request, cancel and retry runs"


def _base62(number: int, width: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = ALPHABET[rest] + digits
    return digits.rjust(width, "0")


def new_secret() -> str:
    """`trib_` + 36 random characters (214 bits) + CRC-32 in base 62, so scanners know it offline."""
    body = "trib_" + "".join(secrets.choice(ALPHABET) for _ in range(36))
    return body + _base62(zlib.crc32(body.encode()), 6)


def looks_real(secret: str) -> bool:
    """Form and checksum fit: no need to ask the database about anything else."""
    if not TOKEN_PATTERN.fullmatch(secret):
        return False
    return secret[-6:] == _base62(zlib.crc32(secret[:-6].encode()), 6)


def digest_of(secret: str) -> str:
    """Plain SHA-256: right for a secret of 214 bits, unlike for a password."""
    return hashlib.sha256(secret.encode()).hexdigest()


class TokenQuerySet(models.QuerySet["Token"]):
    def valid(self) -> Self:
        unexpired = models.Q(expires_at=None) | models.Q(expires_at__gt=Now())
        return self.filter(unexpired, revoked_at=None, user__is_active=True)


class Token(models.Model):
    """An API token. Only its digest is kept; the secret is shown once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    hint = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.hint}… ({self.name})"
