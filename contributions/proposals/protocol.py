"""What every kind of proposal has. Each kind is a subclass in a file of its own; `__init__` registers it.

A kind declares its fields; its form, its API, what a page shows of it and how two versions differ come
from them. A hook that a kind does not need it leaves alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from contributions.models import Contribution, Version
from contributions.proposals.fields import Change, Field, Payload, Reading, Row, Rows, Section
from evaluations.models import Benchmark, Claim
from hub.models import Checkpoint, Dataset, ModelVariant, User

__all__ = [
    "Applied",
    "CheckPlan",
    "Clash",
    "Entry",
    "Findings",
    "Moved",
    "Payload",
    "Prefill",
    "Proposal",
    "Sentence",
]

# What the checks of a version found out: check name -> its findings.
Findings = Mapping[str, Mapping[str, Any]]
Entry = ModelVariant | Dataset


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
class Applied:
    """What merging made or changed: the entry, and the checkpoint to evaluate if there is one."""

    variant: ModelVariant | None = None
    dataset: Dataset | None = None
    benchmark: Benchmark | None = None
    claim: Claim | None = None
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True)
class CheckPlan:
    """Names of checks (contributions/checks/): those a merge needs green, and those that only tell."""

    required: tuple[str, ...] = ()
    advisory: tuple[str, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.required, *self.advisory)


@dataclass(frozen=True)
class Sentence:
    """What its page says: “ann wants to add sea/salt to the model variants”."""

    wish: str
    wished: str
    did: str
    where: str = ""


@dataclass(frozen=True)
class Clash:
    """One field that two people changed differently; `theirs` is the value, the others as shown."""

    field: str
    label: str
    base: str
    mine: str
    shown: str
    theirs: Any


@dataclass(frozen=True)
class Moved:
    """What became of the base of a change since it was written.

    `payload` is what merging applies now: both sides where they agree, mine where they do not.
    """

    payload: Payload
    # What others changed meanwhile.
    changes: tuple[Change, ...]
    clashes: tuple[Clash, ...] = ()


class Proposal:
    """A kind of change to the catalogue."""

    # verb_noun; its address is /submit/verb-noun/.
    kind: ClassVar[str]
    label: ClassVar[str]
    # One sentence for whoever chooses among the kinds.
    lead: ClassVar[str] = ""
    icon: ClassVar[str] = "git-pull-request"
    # Slug of the working group that looks after it.
    group: ClassVar[str] = ""
    checks: ClassVar[CheckPlan] = CheckPlan()
    # Which kind of repository is fetched; empty where none is.
    origin_kind: ClassVar[Literal["model", "dataset", ""]] = ""
    sentence: ClassVar[Sentence] = Sentence("proposes", "proposed", "had merged")
    # Merging queues an evaluation.
    is_measured: ClassVar[bool] = False
    # It is reached from an entry's page, not from the list of kinds.
    needs_entry: ClassVar[bool] = False
    sections: ClassVar[tuple[Section, ...]]
    # A template of its own on the contribution's page (handed `panel_context`) and, once asked for by
    # the form's button, on the form (handed `preview`).
    panel: ClassVar[str] = ""
    preview_template: ClassVar[str] = ""

    @property
    def slug(self) -> str:
        return self.kind.replace("_", "-")

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(one for section in self.sections for one in section.fields)

    @property
    def is_revertible(self) -> bool:
        """Whether its kind knows how to take one back; of each one `revert` says it."""
        return type(self).revert is not Proposal.revert

    # --- What a payload may be, and what is read from it

    def complete(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """What was sent, with what need not be said: an edit names only what it changes."""
        return payload

    def clean(self, payload: Mapping[str, Any]) -> Payload:
        """The payload, complete and normalised. Raises Refusal with every field's errors."""
        reading = Reading(payload)
        for one in self.fields:
            one.read(reading)
        self.validate(reading)
        return reading.finish()

    def validate(self, reading: Reading) -> None:
        """What no field can judge alone; errors go to `reading.error(name, message)`."""

    def subject(self, payload: Payload) -> str:
        """What it is about, as people name it. At most 200 characters."""
        raise NotImplementedError

    def title(self, payload: Payload) -> str:
        return f"{self.label}: {self.subject(payload)}"[:200]

    def existing(self, payload: Payload) -> Entry | None:
        """The entry that stands in the way of this one: its address is taken. One query."""
        return None

    def summary_rows(self, payload: Payload) -> list[Row]:
        return [row for one in self.fields if (row := one.row(payload)) is not None]

    def changes(self, old: Payload, new: Payload) -> list[Change]:
        """What differs between two payloads, in the order of the form."""
        found = (one.compare(old.get(one.name), new.get(one.name)) for one in self.fields)
        return [change for change in found if change is not None]

    def group_of(self, payload: Payload) -> str:
        """Slug of the working group that looks after this one."""
        return self.group

    def references(self, payload: Payload) -> Sequence[str]:
        """Variants (owner/name) that its report compares with, before those that the hub chooses."""
        return ()

    # --- Before it is submitted

    def prepare(self, query: Mapping[str, str]) -> Payload:
        """What the form starts with, from the link that led to it."""
        asked = {one.name for one in self.fields if not isinstance(one, Rows)}
        return {name: text for name, text in query.items() if name in asked}

    def prefill(self, repo_id: str, revision: str) -> Prefill:
        """Ask the origin; only for kinds with an `origin_kind`. Raises OriginError."""
        raise NotImplementedError

    def preview(self, payload: Payload) -> Mapping[str, Any]:
        """What `preview_template` shows of a payload that is clean. May raise Refusal."""
        raise NotImplementedError

    def base(self, payload: Payload) -> Payload:
        """What it changes, as it was read: kept with the version, so that a later move shows."""
        return {}

    def moved(self, version: Version) -> Moved | None:
        """What others did to the base of `version` since; None where nothing, or it has none."""
        return None

    # --- Its life, each in the transaction of what happened

    def opened(self, contribution: Contribution, payload: Payload) -> None:
        """After it was submitted."""

    def revised(self, contribution: Contribution, payload: Payload) -> None:
        """After a version was added."""

    def ended(self, contribution: Contribution) -> None:
        """After it was merged, closed or withdrawn."""

    def apply(
        self, *, actor: User, contribution: Contribution, payload: Payload, findings: Findings
    ) -> Applied:
        """Do exactly what was checked: a commit and its manifest come from `findings`."""
        raise NotImplementedError

    def revert(self, contribution: Contribution) -> tuple[str, Payload] | None:
        """The kind and payload that would undo a merged one; None where nothing can."""
        return None

    # --- Its part of the page

    def panel_context(self, contribution: Contribution, version: Version) -> Mapping[str, Any]:
        """What `panel` is handed; a fixed number of queries."""
        return {}
