"""The page-shaped reads of contributions: a fixed number of queries, however long list or story."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import F

from contributions import proposals
from contributions.checks import CHECKS
from contributions.models import Check, Contribution, Event, Version
from contributions.proposals.fields import Change, Row
from contributions.proposals.protocol import Proposal
from contributions.reviewing import Reviewing, read_reviewing
from contributions.timeline import changes, checks_of, timeline
from evaluations.models import Run

# Something is at work; something waits for a worker, which may take days.
SOON, LATER = "every 2s", "every 20s"


@dataclass(frozen=True)
class ShownCheck:
    """A check with the words that people know it by."""

    check: Check

    @property
    def label(self) -> str:
        return CHECKS[self.check.name].label if self.check.name in CHECKS else self.check.name

    @property
    def details(self) -> list[str]:
        """What the summary does not say already."""
        texts = dict.fromkeys(str(detail["text"]) for detail in self.check.details)
        return [text for text in texts if text != self.check.summary]


@dataclass(frozen=True)
class Step:
    """One line of the timeline: an event, or all check results that came in one go."""

    event: Event
    results: tuple[Event, ...] = ()

    @property
    def passed(self) -> int:
        return sum(event.to_state == "passed" for event in self.results)

    @property
    def skipped(self) -> int:
        return sum(event.to_state == "skipped" for event in self.results)

    @property
    def others(self) -> list[Event]:
        quiet = {"passed", "skipped"}
        return [event for event in self.results if event.to_state not in quiet]

    @property
    def worst(self) -> str:
        states = {event.to_state for event in self.results}
        order = ("failed", "errored", "warning", "skipped", "passed")
        return next(state for state in order if state in states)


@dataclass(frozen=True)
class ContributionPage:
    contribution: Contribution
    proposal: Proposal
    version: Version
    versions: Sequence[Version]
    rows: Sequence[Row]
    changes: Sequence[Change]
    panel_context: Mapping[str, object]
    checks: Sequence[ShownCheck]
    steps: Sequence[Step]
    reviewing: Reviewing
    runs: Sequence[Run]

    @property
    def is_head(self) -> bool:
        return self.version.number == self.contribution.head

    @property
    def last_step(self) -> Event | None:
        return self.steps[-1].event if self.steps else None

    @property
    def last_word(self) -> str:
        """Why it ended, as whoever ended it put it."""
        ends = [step.event for step in self.steps if step.event.to_state in {"closed", "withdrawn"}]
        return ends[-1].why if ends else ""

    @cached_property
    def poll(self) -> str:
        """How soon the page looks again; empty once nothing moves by itself."""
        checking = any(not shown.check.is_settled for shown in self.checks)
        if checking or any(run.state in Run.HELD_STATES for run in self.runs):
            return SOON
        return LATER if any(run.state == "queued" for run in self.runs) else ""

    @cached_property
    def seen(self) -> str:
        """Changes whenever something that moves by itself has moved."""
        checks = [(shown.check.pk, shown.check.state, shown.check.attempt) for shown in self.checks]
        runs = [(run.pk, run.state) for run in self.runs]
        last = self.last_step.pk if self.last_step else 0
        state = (self.contribution.state, self.contribution.head, last, checks, runs)
        return f"{zlib.crc32(repr(state).encode()):08x}"


def read_page(contribution: Contribution, *, version: str = "") -> ContributionPage:
    """`version` as it stands in the URL; the newest where it names none. A fixed number of queries."""
    versions = list(contribution.versions.select_related("author").order_by("-number"))
    wanted = int(version) if version.isdecimal() else contribution.head
    shown = next((one for one in versions if one.number == wanted), versions[0])
    shown.contribution = contribution
    proposal = proposals.get(contribution.kind)
    return ContributionPage(
        contribution=contribution,
        proposal=proposal,
        version=shown,
        versions=versions,
        rows=proposal.summary_rows(shown.payload),
        changes=changes(shown),
        panel_context=proposal.panel_context(contribution, shown),
        checks=[ShownCheck(check) for check in checks_of(shown)],
        steps=steps_of(timeline(contribution)),
        reviewing=read_reviewing(contribution),
        runs=_runs(contribution),
    )


def steps_of(events: Iterable[Event]) -> list[Step]:
    """Neighbouring check results of one version become one line, a check that ran twice once."""
    steps: list[Step] = []
    for event in events:
        last = steps[-1] if steps else None
        if event.verb != "checked":
            steps.append(Step(event))
        elif last and last.results and last.event.version_number == event.version_number:
            kept = [one for one in last.results if one.checked_id != event.checked_id]
            steps[-1] = Step(event, (*kept, event))
        else:
            steps.append(Step(event, (event,)))
    return steps


def _runs(contribution: Contribution) -> list[Run]:
    if contribution.variant_id is None:
        return []
    runs = Run.objects.filter(checkpoint__variant=contribution.variant_id)
    return list(runs.order_by("pk")[:20])


@dataclass(frozen=True)
class Line:
    """A contribution in a list, with the worst of its newest version's checks."""

    contribution: Contribution
    checks: str


def read_lines(contributions: Sequence[Contribution]) -> list[Line]:
    """One query, for the checks of those that are still open."""
    live = [one.pk for one in contributions if one.is_live]
    checks = Check.objects.filter(
        version__contribution__in=live, version__number=F("version__contribution__head")
    )
    states: dict[int, set[str]] = {}
    for number, state in checks.values_list("version__contribution", "state") if live else ():
        states.setdefault(number, set()).add(state)
    return [Line(one, _worst(states.get(one.pk, set()))) for one in contributions]


def _worst(states: set[str]) -> str:
    if states & {"failed", "errored"}:
        return "failed"
    if states & {"queued", "running"}:
        return "running"
    return "passed" if states else ""
