"""Why an origin did not give what was asked for: one code and one sentence for each way.

Codes are stable: pages, the API and the run's record show them, and `retryable` decides whether a
run waits and tries again by itself.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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

from hub.partial import FULL
from hub.store import WrongDigest

Whose = Literal["submitter", "hub"]


@dataclass(frozen=True)
class Kind:
    """What happened, what it means and what to do, as one template."""

    sentence: str
    whose: Whose
    retryable: bool = False


KINDS: dict[str, Kind] = {
    "bad_repo_id": Kind(
        "“{what}” is not a repository name. Write owner/name, as in its address.", "submitter"
    ),
    "repo_not_found": Kind(
        "There is no public repository {what} at {host}: it does not exist, or it is private. "
        "Check the spelling, or make it public.",
        "submitter",
    ),
    "revision_not_found": Kind(
        "{what} was not found: the repository has no such branch, tag or commit. "
        "Check the revision; `main` is the usual one.",
        "submitter",
    ),
    "file_not_found": Kind(
        "{what} is not in the repository at this commit any more. Submit a commit that has it.",
        "submitter",
    ),
    "gated": Kind(
        "{what} is gated: {host} gives its files only to people who accepted its terms. "
        "Open it, or ask this hub's maintainers to accept them.",
        "submitter",
    ),
    "private": Kind(
        "{host} does not let this hub read {what}: it is private, or access is restricted. "
        "Make it public and try again.",
        "submitter",
    ),
    "unauthorised": Kind(
        "{host} wants to know who asks for {what}, and this hub may not say: it does not exist, or it "
        "is private. Make it public and try again.",
        "submitter",
    ),
    "disabled": Kind("{host} has disabled {what}. Ask there why.", "submitter"),
    "bad_token": Kind(
        "{host} refused this hub's own credentials. A maintainer has to renew HF_TOKEN.", "hub"
    ),
    "refused": Kind(
        "{host} refused the request for {what} (HTTP {status}). Trying again will not help; "
        "a maintainer has to look.",
        "hub",
    ),
    "rate_limited": Kind(
        "{host} asks this hub to slow down (HTTP 429){wait}. It is tried again later.", "hub", True
    ),
    "origin_down": Kind(
        "{host} cannot be reached, or answers with errors ({detail}). "
        "Nothing is wrong with {what}; it is tried again later.",
        "hub",
        True,
    ),
    "origin_slow": Kind(
        "{host} did not answer within {seconds:g} seconds. "
        "Nothing is wrong with {what}; it is tried again later.",
        "hub",
        True,
    ),
    "tls": Kind(
        "The secure connection to {host} failed ({detail}). A maintainer has to look at "
        "certificates or proxies; nothing was sent.",
        "hub",
    ),
    "not_the_hub": Kind(
        "What {host} answered about {what} is not what a Hugging Face endpoint answers. A proxy may "
        "stand between, or HF_ENDPOINT names the wrong place.",
        "hub",
        True,
    ),
    "truncated": Kind(
        "The connection to {host} broke again and again while {what} was on its way. "
        "What arrived is kept, and it is tried again later.",
        "hub",
        True,
    ),
    "checksum_mismatch": Kind(
        "The bytes of {what} are not the ones that {host} announced (SHA-256 differs). "
        "They were thrown away. If it happens again, upload the file again.",
        "hub",
        True,
    ),
    "size_mismatch": Kind(
        "{what} does not have the size that {host} announced; its bytes were thrown away. "
        "If it happens again, upload the file again.",
        "hub",
        True,
    ),
    "too_large": Kind(
        "{what} is larger than this hub takes ({size} of at most {limit}). "
        "Submit a smaller or quantised checkpoint, or ask a maintainer.",
        "submitter",
    ),
    "too_many_files": Kind(
        "{what} has {size} files that an evaluation would load; this hub takes at most {limit}. "
        "Save it in fewer shards.",
        "submitter",
    ),
    "disk_full": Kind(
        "This hub has no room left for {what}. Nothing was kept; a maintainer has to make room, "
        "then it is tried again.",
        "hub",
        True,
    ),
    "bad_weights": Kind(
        "{what} is not a readable safetensors file: {detail}. Save and upload it again.",
        "submitter",
    ),
}


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
    """`code` is stable, `message` is for people, `whose` says who can do something about it."""

    def __init__(self, code: str, **details: object) -> None:
        kind = KINDS[code]
        message = kind.sentence.format(**details)
        super().__init__(message)
        self.code = code
        self.message = message[0].upper() + message[1:]
        self.whose: Whose = kind.whose
        self.retryable = kind.retryable


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
    asked = headers.get("Retry-After", "")
    return int(asked) if asked.isdecimal() else None


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
