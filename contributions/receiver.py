"""What a receiver of webhooks does, in the standard library alone: shown in the API's docs, used in tests."""

import hashlib
import hmac
import time


def is_from_the_hub(secret: str, headers: dict[str, str], body: bytes, seconds: int = 300) -> bool:
    """Whether `body` was signed with `secret` within the last `seconds`."""
    timestamp = headers["X-Tributary-Timestamp"]
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > seconds:
        return False
    signed = timestamp.encode() + b"." + body
    expected = "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, headers["X-Tributary-Signature"])
