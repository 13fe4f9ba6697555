"""Secrets that the hub has to read again, encrypted for the database (Fernet: AES-128-CBC and HMAC).

The key is ORIGIN_TOKEN_KEYS' first; the others still open what they sealed. Without any it is derived from
SECRET_KEY: then a new SECRET_KEY opens nothing that was sealed before.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"hub.origin-token"


class Unopened(Exception):
    """Sealed with a key that is not here any more, or altered."""


def seal(secret: str) -> bytes:
    return _box().encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Raises Unopened."""
    try:
        return _box().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise Unopened from None


def reseal(sealed: bytes) -> bytes:
    """The same under the first key. Raises Unopened."""
    try:
        return _box().rotate(bytes(sealed))
    except InvalidToken:
        raise Unopened from None


def _box() -> MultiFernet:
    texts = settings.ORIGIN_TOKEN_KEYS or [settings.SECRET_KEY]
    return MultiFernet([Fernet(_key(text)) for text in texts])


def _key(text: str) -> bytes:
    """32 bytes of `text`, whatever its length; keys for other purposes say nothing about this one."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(text.encode())
    return base64.urlsafe_b64encode(derived)
