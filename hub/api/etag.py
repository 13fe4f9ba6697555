"""Conditional reading: a caller that shows the ETag it has gets 304 and no body, at little cost."""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from rest_framework.request import Request


def etag_of(*parts: object) -> str:
    """A weak ETag over what the answer depends on (times, versions, the query string)."""
    text = "\x1f".join(str(part) for part in parts)
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def conditional(
    request: Request | HttpRequest, etag: str, make: Callable[[], HttpResponseBase], *, age: int = 0
) -> HttpResponseBase:
    """304 when the caller's copy is current, else `make()`; either with the ETag.

    `age`: seconds in which shared caches need not ask again; 0 makes them ask each time.
    """
    bare: HttpRequest = request._request if isinstance(request, Request) else request
    response: HttpResponseBase = get_conditional_response(bare, etag=etag) or make()
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={age}" if age else "no-cache"
    patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
    return response
