"""What every kind of proposal has. Each kind is a module of this shape; `__init__` registers it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from hub.models import Checkpoint, Dataset, ModelVariant, User

# A proposal's content as it stands in Version.payload: JSON-ready, checked by `clean`.
Payload = dict[str, Any]
# What the checks of a version found out: check name -> its findings.
Findings = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Prefill:
    """What the origin knows of a repository, ready to be corrected by a person."""

    payload: Payload
    # Names of the payload's fields that the origin filled in.
    fetched: tuple[str, ...]
    # The commit that was looked at.
    commit: str
    # What could not be read or does not fit together, for people.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One line of a proposal's summary: field name, label, value as people read it."""

    field: str
    label: str
    value: str


@dataclass(frozen=True)
class Change:
    """One field that differs between two versions, both values as people read them."""

    field: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Applied:
    """What merging made: the entry, and the checkpoint to evaluate if there is one."""

    variant: ModelVariant | None = None
    dataset: Dataset | None = None
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True)
class CheckPlan:
    """Names of checks (contributions/checks/): those a merge needs green, and those that only tell."""

    required: tuple[str, ...]
    advisory: tuple[str, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.required, *self.advisory)


class Proposal(Protocol):
    """A kind of change to the catalogue."""

    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def origin_kind(self) -> Literal["model", "dataset"]: ...
    @property
    def group(self) -> str:
        """Slug of the working group that looks after it."""
        ...

    @property
    def checks(self) -> CheckPlan: ...

    def prefill(self, repo_id: str, revision: str) -> Prefill:
        """Ask the origin. Raises OriginError."""
        ...

    def clean(self, payload: Mapping[str, Any]) -> Payload:
        """The payload, complete and normalised. Raises Refusal with every field's errors."""
        ...

    def title(self, payload: Payload) -> str: ...
    def subject(self, payload: Payload) -> str: ...
    def existing(self, payload: Payload) -> ModelVariant | Dataset | None:
        """The entry that has this address already. One query."""
        ...

    def summary_rows(self, payload: Payload) -> list[Row]: ...
    def apply(self, *, actor: User, payload: Payload, findings: Findings) -> Applied:
        """Publish exactly what was checked: the commit and the manifest come from `findings`."""
        ...
