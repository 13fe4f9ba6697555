"""The session of the `huggingface_hub` client, which everything from an origin comes through.

It is the client's own, made by its own factory, with two hooks: what a request waits for and when it
is not sent at all, and which answers end it at once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx2
from django.conf import settings
from huggingface_hub import HfApi, hf_raise_for_status, set_client_factory
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]
from huggingface_hub.utils._http import default_client_factory

from hub.origins.errors import Cancelled, OriginError, asked_to_wait

LIBRARY = "tributary"
# The client waits as long as an origin asks. A worker does not: its run comes back later.
LONGEST_WAIT_SECONDS = 10

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
    request.extensions["timeout"] = httpx2.Timeout(settings.ORIGIN_TIMEOUT).as_dict()


def _after(response: httpx2.Response) -> None:
    """Nothing that began in TLS goes on without. A token stays at its origin by httpx2 itself."""
    if response.has_redirect_location:
        onward = response.url.join(response.headers["Location"])
        if response.url.scheme == "https" and onward.scheme != "https":
            raise OriginError("not_the_hub", what=onward.host, host=response.url.host)
    if (asked_to_wait(response.headers) or 0) > LONGEST_WAIT_SECONDS:
        hf_raise_for_status(response)


set_client_factory(_make_client)
