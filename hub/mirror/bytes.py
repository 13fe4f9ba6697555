"""Send one blob: whole, a range of it, or only its headers."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from hub import store as stores
from hub.mirror.errors import MirrorError

# Django's own 4 KiB costs a crossing into the server every time.
BLOCK = 1024**2
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def send_blob(
    request: HttpRequest, *, sha256: str, size: int, etag: str, headers: dict[str, str]
) -> HttpResponseBase:
    """Answer GET or HEAD with Range, If-Range and If-None-Match; `etag` without its quotes."""
    headers = {
        "Content-Type": "application/octet-stream",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": f'"{etag}"',
        **headers,
    }
    if _matches(request.headers.get("If-None-Match", ""), etag):
        return HttpResponse(status=304, headers=headers)
    path = stores.default().path_of(sha256)
    if not path.is_file():
        raise MirrorError(503, "", "The file is missing from this hub's store.")
    if settings.ACCEL_REDIRECT_PREFIX and request.method == "GET":
        # nginx takes length and range from the file; our own headers are passed through.
        inner = path.relative_to(stores.default().blobs).as_posix()
        target = f"{settings.ACCEL_REDIRECT_PREFIX.rstrip('/')}/{inner}"
        return HttpResponse(headers={**headers, "X-Accel-Redirect": target})
    span = _span(request, size, etag)
    if span is None:
        start, end, status = 0, size, 200
    elif span[0] >= span[1]:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    else:
        start, end, status = *span, 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_read(path, start, end), status=status, headers=headers)


def _read(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        left = end - start
        while left and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block


def _matches(header: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}
    return bool(header) and bool({"*", etag} & tags)


def _span(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Asked-for [start, end); None for the whole file, an empty span for one that is not there.

    Several ranges, or nonsense, mean the whole file (RFC 9110 allows that).
    """
    condition = request.headers.get("If-Range")
    if condition is not None and condition.strip('"') != etag:
        return None
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:  # the last n bytes
        return max(size - int(last), 0) if int(last) else size, size
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size
