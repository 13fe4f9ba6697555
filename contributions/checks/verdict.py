"""What a check is given and what it answers. No database writes happen in a check."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from contributions.models import Version
from contributions.models.check import FIRST, Whose
from contributions.proposals.protocol import Findings, Payload, Proposal

State = Literal["passed", "failed", "warning", "skipped"]


def storable(text: str, most: int) -> str:
    """At most `most` characters that PostgreSQL keeps: what lies at an origin may hold NUL and halves."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")[:most]


@dataclass(frozen=True)
class Detail:
    """One thing a person can act on. `proposed` and `found` are the two values that differ.

    `fix` says what to do. `path` and `line` name a place in the repository's files; `url` a page of
    this hub that helps. `parent` is an edge that the author can take over with one click.
    """

    text: str
    field: str = ""
    proposed: str = ""
    found: str = ""
    fix: str = ""
    path: str = ""
    line: int | None = None
    url: str = ""
    parent: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "text": storable(self.text, 1000),
            "field": self.field,
            "proposed": storable(self.proposed, 300),
            "found": storable(self.found, 300),
            "fix": storable(self.fix, 500),
            "path": storable(self.path, 300),
            "line": self.line,
            "url": self.url[:500],
            "parent": dict(self.parent) if self.parent else None,
        }


@dataclass(frozen=True)
class Verdict:
    """`summary` is one sentence; `code` names the reason of a verdict that is not `passed`."""

    state: State
    summary: str
    details: tuple[Detail, ...] = ()
    findings: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""


class Hindered(Exception):
    """A check could not come to a verdict, as OriginError says it for an origin."""

    def __init__(self, code: str, message: str, *, whose: str = Whose.HUB, retryable: bool) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.whose = whose
        self.retryable = retryable


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Context:
    """The version under check. `findings` are those of the checks before it, by name.

    `lost()` turns True when the check is not this worker's any more: a long one looks now and then.
    """

    version: Version
    proposal: Proposal
    findings: Findings
    lost: Callable[[], bool] = _never

    @property
    def payload(self) -> Payload:
        return dict(self.version.payload)

    @property
    def pinned(self) -> Mapping[str, Any]:
        """What the origin check found; empty for a kind that fetches nothing."""
        return self.findings.get(FIRST, {})


class AutomaticCheck(Protocol):
    """A module of this shape per check. `run` may raise OriginError or Hindered; the job then decides.

    `needs` names the checks that have to be green before it looks. A module may name a `QUEUE` of
    workers that have what it needs; the others run wherever checks do.
    """

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def needs(self) -> tuple[str, ...]: ...
    def run(self, context: Context) -> Verdict: ...
