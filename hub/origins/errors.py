"""Why an origin did not give what was asked for: one code and one sentence for each way.

Codes are stable: pages, the API and the run's record show them, and `retryable` decides whether a
run waits and tries again by itself.
"""

import math
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx2
from django.conf import settings
from huggingface_hub.errors import (
    DisabledRepoError,
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]

from hub.origins.reasons import KINDS, Whose
from hub.partial import FULL
from hub.store import WrongDigest

# What an origin asks for beyond this is nonsense, or an attempt to be left alone for ever.
LONGEST_WAIT_ASKED = 7 * 24 * 3600


# What can go wrong outside, in a call of the client or of the store; HfHubHTTPError is an OSError.
OUTSIDE = (httpx2.HTTPError, httpx2.InvalidURL, EntryNotFoundError, OSError, ValueError)

# The first that fits; a subclass stands before its class. Between the two, a status decides.
REFUSED: tuple[tuple[type[Exception], str], ...] = (
    (WrongDigest, "checksum_mismatch"),
    (HFValidationError, "bad_repo_id"),
    (GatedRepoError, "gated"),
    (DisabledRepoError, "disabled"),
    (RevisionNotFoundError, "revision_not_found"),
    (LocalEntryNotFoundError, "origin_down"),
    (EntryNotFoundError, "file_not_found"),
    (RepositoryNotFoundError, "repo_not_found"),
    (OfflineModeIsEnabled, "origin_down"),
)
FAILED: tuple[tuple[type[Exception], str], ...] = (
    (httpx2.TimeoutException, "origin_slow"),
    (httpx2.ConnectError, "origin_down"),
    (httpx2.TransportError, "truncated"),
    (httpx2.HTTPError, "not_the_hub"),
    (httpx2.InvalidURL, "not_the_hub"),
    (ValueError, "not_the_hub"),
)
BY_STATUS = {
    401: "unauthorised",
    403: "private",
    404: "repo_not_found",
    408: "origin_down",
    410: "repo_not_found",
    416: "size_mismatch",
    429: "rate_limited",
}


class OriginError(Exception):
    """`code` is stable, `message` is for people, `whose` says who can do something about it.

    `retry_after` is in seconds: how long the origin asked to be left alone; None where it did not.
    """

    def __init__(self, code: str, *, retry_after: float | None = None, **details: object) -> None:
        kind = KINDS[code]
        message = kind.sentence.format(**details)
        super().__init__(message)
        self.code = code
        self.message = message[0].upper() + message[1:]
        self.whose: Whose = kind.whose
        self.retryable = kind.retryable
        self.retry_after = retry_after


class Cancelled(Exception):
    """The caller's `cancelled()` said so; what was fetched completely is in the store."""


def from_exception(error: Exception, *, what: str, host: str) -> OriginError:
    """What a failure of the client, or of the store, means; raises `error` when that is unknown."""
    if isinstance(error, OriginError):
        return error
    code = _code_of(error)
    if not code:
        raise error
    status, wait, detail = 0, None, "no connection"
    if isinstance(error, HfHubHTTPError):
        status, wait = error.response.status_code, asked_to_wait(error.response.headers)
        detail = f"HTTP {status}"
    elif code == "tls":
        detail = _brief(_tls_error(error))
    elif isinstance(error, OfflineModeIsEnabled):
        detail = "HF_HUB_OFFLINE is set"
    return OriginError(
        code,
        retry_after=wait,
        what=what[:200],
        host=host,
        status=status,
        detail=detail,
        wait="" if wait is None else f" for {wait} seconds",
        seconds=settings.ORIGIN_TIMEOUT,
    )


def asked_to_wait(headers: Mapping[str, str]) -> int | None:
    """The seconds after which an origin wants to be asked again, where it says so."""
    limit = parse_ratelimit_headers(headers)
    if limit and not limit.remaining:
        return int(limit.reset_in_seconds)
    return _seconds(headers.get("Retry-After", ""))


def _seconds(retry_after: str) -> int | None:
    """Seconds, or a date, as the header may have either; a week at most."""
    try:
        seconds = (
            float(retry_after)
            if retry_after.isdecimal()
            else parsedate_to_datetime(retry_after).timestamp() - time.time()
        )
    except (ValueError, TypeError, OverflowError):
        return None
    return math.ceil(min(max(seconds, 0.0), LONGEST_WAIT_ASKED))


def _code_of(error: Exception) -> str:
    """'' when it is none of those that an origin or a full disk explains."""
    if isinstance(error, OSError) and error.errno in FULL:
        return "disk_full"
    if isinstance(error, httpx2.ConnectError) and _tls_error(error):
        return "tls"
    if isinstance(error, HfHubHTTPError) and _refuses_our_token(error.response):
        return "bad_token"
    for kind, code in REFUSED:
        if isinstance(error, kind):
            return code
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        return BY_STATUS.get(status, "origin_down" if status >= 500 else "refused")
    for kind, code in FAILED:
        if isinstance(error, kind):
            return code
    # The client's own check of a length says no more than this.
    return "truncated" if type(error) is OSError and error.errno is None else ""


def _refuses_our_token(response: httpx2.Response) -> bool:
    told: str = response.headers.get("X-Error-Message", "")
    return response.status_code == 401 and told.startswith("Invalid credentials")


def _tls_error(error: BaseException) -> ssl.SSLError | None:
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ssl.SSLError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None


def _brief(error: ssl.SSLError | None) -> str:
    return str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or "TLS error")
