"""How a receiver knows that a message is ours, and that it is not an old one sent again.

    X-Tributary-Timestamp: 1763928000
    X-Tributary-Signature: sha256=HMAC-SHA256(secret, timestamp + "." + body) in hexadecimal

No secret is stored: a webhook's is derived from its salt and the hub's own key, so a copy of the database
signs nothing. Changing SECRET_KEY changes every secret.
"""

import base64
import hashlib
import hmac

from django.utils.crypto import get_random_string, salted_hmac

PREFIX = "whsec_"


def new_salt() -> str:
    return get_random_string(32)


def secret_of(salt: str) -> str:
    """`whsec_` and 43 characters: what the owner of a webhook keeps."""
    digest = salted_hmac("contributions.webhook", salt, algorithm="sha256").digest()
    return PREFIX + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def signature_of(secret: str, timestamp: int, body: bytes) -> str:
    signed = str(timestamp).encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
