"""The page-shaped read of one contribution: a fixed number of queries however long its story."""

from collections.abc import Sequence
from dataclasses import dataclass

from contributions import permissions, proposals
from contributions.checks import CHECKS
from contributions.models import Check, Contribution, Event, Version
from contributions.permissions import Requirement
from contributions.proposals.protocol import Change, Row
from contributions.timeline import changes, checks_of, timeline
from evaluations.models import Run


@dataclass(frozen=True)
class ShownCheck:
    """A check with the words that people know it by."""

    check: Check
    label: str


@dataclass(frozen=True)
class ContributionPage:
    contribution: Contribution
    label: str
    version: Version
    versions: Sequence[Version]
    rows: Sequence[Row]
    changes: Sequence[Change]
    checks: Sequence[ShownCheck]
    events: Sequence[Event]
    requirements: Sequence[Requirement]
    verdicts: dict[str, str]
    runs: Sequence[Run]

    @property
    def is_head(self) -> bool:
        return self.version.number == self.contribution.head

    @property
    def unmet(self) -> list[Requirement]:
        return [requirement for requirement in self.requirements if not requirement.met]

    @property
    def is_moving(self) -> bool:
        """Something changes by itself: the page looks again every other second."""
        checking = any(not shown.check.is_settled for shown in self.checks)
        measuring = any(run.state in Run.live_states() and run.queue == "cpu" for run in self.runs)
        return checking or measuring


def read_page(contribution: Contribution, *, version: str = "") -> ContributionPage:
    """`version` as it stands in the URL; the newest where it names none. Eight queries."""
    versions = list(contribution.versions.select_related("author").order_by("-number"))
    wanted = int(version) if version.isdecimal() else contribution.head
    shown = next((one for one in versions if one.number == wanted), versions[0])
    shown.contribution = contribution
    proposal = proposals.get(contribution.kind)
    return ContributionPage(
        contribution=contribution,
        label=proposal.label,
        version=shown,
        versions=versions,
        rows=[row for row in proposal.summary_rows(shown.payload) if row.field != "card_text"],
        changes=changes(shown),
        checks=[ShownCheck(check, CHECKS[check.name].label) for check in checks_of(shown)],
        events=timeline(contribution),
        requirements=permissions.merge_requirements(contribution) if contribution.is_live else [],
        verdicts=permissions.latest_verdicts(contribution),
        runs=_runs(contribution),
    )


def _runs(contribution: Contribution) -> list[Run]:
    if contribution.variant_id is None:
        return []
    runs = Run.objects.filter(checkpoint__variant=contribution.variant_id)
    return list(runs.order_by("pk")[:20])
