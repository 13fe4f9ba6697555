"""Why an origin did not give what was asked for: one code and one sentence for each way.

Codes are stable: pages, the API and the run's record show them, and `retryable` decides whether a
run waits and tries again by itself.
"""

import json
import ssl
from dataclasses import dataclass
from typing import Literal

import httpx2

from hub.store import StoreFull, WrongDigest

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


def from_status(response: httpx2.Response, *, what: str, host: str) -> OriginError:
    """The error that an answer of 4xx or 5xx means. `X-Error-Code` decides before the status."""
    status = response.status_code
    told = response.headers.get("X-Error-Message", "")
    by_code = {
        "GatedRepo": "gated",
        "RevisionNotFound": "revision_not_found",
        "EntryNotFound": "file_not_found",
        "RepoNotFound": "repo_not_found",
    }
    code = by_code.get(response.headers.get("X-Error-Code", ""))
    if code is None and told == "Access to this resource is disabled.":
        code = "disabled"
    if code is None and status == 401:
        code = "bad_token" if told.startswith("Invalid credentials") else "unauthorised"
    if code is None and status == 429:
        wait = response.headers.get("Retry-After", "")
        told = f" for {wait} seconds" if wait.isdecimal() else ""
        return OriginError("rate_limited", host=host, wait=told)
    if code is None:
        code = {403: "private", 404: "repo_not_found", 410: "repo_not_found"}.get(status)
    if code is None:
        code = "origin_down" if status >= 500 or status == 408 else "refused"
    return OriginError(code, what=what, host=host, status=status, detail=f"HTTP {status}")


def from_exception(error: Exception, *, what: str, host: str, seconds: float) -> OriginError:
    """The error that a failed request, or a failed write into the store, means."""
    if isinstance(error, OriginError):
        return error
    if isinstance(error, StoreFull):
        return OriginError("disk_full", what=what)
    if isinstance(error, WrongDigest):
        return OriginError("checksum_mismatch", what=what, host=host)
    if isinstance(error, httpx2.TimeoutException):
        return OriginError("origin_slow", what=what, host=host, seconds=seconds)
    if isinstance(error, httpx2.ConnectError):
        cause: BaseException | None = error
        while cause:
            if isinstance(cause, ssl.SSLError):
                return OriginError("tls", host=host, detail=_brief(cause))
            cause = cause.__cause__ or cause.__context__
        return OriginError("origin_down", what=what, host=host, detail="no connection")
    if isinstance(error, httpx2.TransportError):
        return OriginError("truncated", what=what, host=host)
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | httpx2.HTTPError):
        return OriginError("not_the_hub", what=what, host=host)
    raise error


def _brief(error: BaseException) -> str:
    return str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or "TLS error")
