"""The session of the `huggingface_hub` client, which everything from an origin comes through.

It is the client's own, made by its own factory, with two hooks: what a request waits for and when it
is not sent at all, and which answers end it at once.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import urlsplit

import httpx2
from django.conf import settings
from huggingface_hub import HfApi, get_session, hf_raise_for_status, set_client_factory
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]
from huggingface_hub.utils._http import default_client_factory

from hub.origins.errors import Cancelled, OriginError, asked_to_wait

LIBRARY = "tributary"
# The client waits as long as an origin asks. A worker does not: its run comes back later.
LONGEST_WAIT_SECONDS = 10
PARTIAL_CONTENT = 206

_stop: ContextVar[threading.Event | None] = ContextVar("stop", default=None)


def api(endpoint: str, token: str) -> HfApi:
    """No token but the one that settings give, whatever lies in somebody's home folder."""
    return HfApi(
        endpoint=endpoint,
        token=token or False,
        library_name=LIBRARY,
        library_version=str(settings.SPECTACULAR_SETTINGS["VERSION"]),
    )


def headers(token: str) -> dict[str, str]:
    """As `api` sends them; of files we want their own bytes, or ranges and sizes mean nothing."""
    own: dict[str, str] = build_hf_headers(
        token=token or False,
        library_name=LIBRARY,
        library_version=str(settings.SPECTACULAR_SETTINGS["VERSION"]),
        headers={"accept-encoding": "identity"},
    )
    return own


@contextmanager
def stopped_by(stop: threading.Event) -> Iterator[None]:
    """No request leaves this thread once `stop` is set, so the client's repetitions end as well."""
    before = _stop.set(stop)
    try:
        yield
    finally:
        _stop.reset(before)


def read(
    url: str, headers: dict[str, str], max_bytes: int, start: int | None, *, seconds: float
) -> bytes:
    """At most `max_bytes` of the answer's body; time-outs and all, within `seconds` altogether.

    With a `start` by a ranged read; a server that sends the whole file is read up to there. Raises what
    the client raises (errors.OUTSIDE).
    """
    if start is not None:
        headers = {**headers, "range": f"bytes={start}-{start + max_bytes - 1}"}
    deadline = time.monotonic() + seconds
    body, skip = bytearray(), 0
    with get_session().stream("GET", url, headers=headers) as response:
        hf_raise_for_status(response)
        if start and response.status_code != PARTIAL_CONTENT:
            skip = start
        for block in response.iter_bytes():
            body += block[skip:]
            skip = max(0, skip - len(block))
            if len(body) >= max_bytes:
                break
            if time.monotonic() > deadline:
                raise httpx2.ReadTimeout("too slow altogether")
    return bytes(body[:max_bytes])


def _make_client() -> httpx2.Client:
    client = default_client_factory()
    hooks = client.event_hooks
    client.event_hooks = {
        "request": [*hooks["request"], _before],
        "response": [*hooks["response"], _after],
    }
    return client


def _before(request: httpx2.Request) -> None:
    """The client's own time-outs are constants from its import; ours follow the settings."""
    stop = _stop.get()
    if stop and stop.is_set():
        raise Cancelled
    if not is_allowed(request.url):
        raise OriginError("foreign_host", what=request.url.path[:200], detail=request.url.host)
    request.extensions["timeout"] = httpx2.Timeout(settings.ORIGIN_TIMEOUT).as_dict()


def is_allowed(url: httpx2.URL) -> bool:
    """Whether anything is fetched from there: the origin itself, or a host that settings name.

    Redirects are asked too: an origin's answer must not lead into the hub's own network.
    """
    origin = urlsplit(settings.HF_ENDPOINT)
    if (url.scheme, url.netloc.decode()) == (origin.scheme, origin.netloc):
        return True
    return any(
        url.host.endswith(host) if host.startswith(".") else url.host == host
        for host in settings.ORIGIN_HOSTS
    )


def _after(response: httpx2.Response) -> None:
    """Nothing that began in TLS goes on without. A token stays at its origin by httpx2 itself."""
    if response.has_redirect_location:
        onward = response.url.join(response.headers["Location"])
        if response.url.scheme == "https" and onward.scheme != "https":
            raise OriginError("not_the_hub", what=onward.host, host=response.url.host)
    if (asked_to_wait(response.headers) or 0) > LONGEST_WAIT_SECONDS:
        hf_raise_for_status(response)


set_client_factory(_make_client)
