"""What a check is given and what it answers. No database writes happen in a check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from contributions.models import Version
from contributions.proposals.protocol import Findings, Payload, Proposal

State = Literal["passed", "failed", "warning", "skipped"]


def storable(text: str, most: int) -> str:
    """At most `most` characters that PostgreSQL keeps: what lies at an origin may hold NUL and halves."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")[:most]


@dataclass(frozen=True)
class Detail:
    """One thing a person can act on. `proposed` and `found` are the two values that differ."""

    text: str
    field: str = ""
    proposed: str = ""
    found: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "text": storable(self.text, 1000),
            "field": self.field,
            "proposed": storable(self.proposed, 300),
            "found": storable(self.found, 300),
        }


@dataclass(frozen=True)
class Verdict:
    """`summary` is one sentence; `code` names the reason of a verdict that is not `passed`."""

    state: State
    summary: str
    details: tuple[Detail, ...] = ()
    findings: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""


@dataclass(frozen=True)
class Context:
    """The version under check. `findings` are those of the checks before it, by name."""

    version: Version
    proposal: Proposal
    findings: Findings

    @property
    def payload(self) -> Payload:
        return dict(self.version.payload)

    @property
    def pinned(self) -> Mapping[str, Any]:
        """What the origin check found: repo_id, commit, files, manifest, card_text."""
        return self.findings["origin"]


class AutomaticCheck(Protocol):
    """A module of this shape per check. `run` may raise OriginError; the job then decides."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    def run(self, context: Context) -> Verdict: ...
