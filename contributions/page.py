"""The page-shaped reads of contributions: a fixed number of queries, however long list or story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F

from contributions import proposals
from contributions.comparison import Comparison, read_comparison
from contributions.conversation import Conversation, Where, read_conversation
from contributions.evaluation import Evaluation, read_evaluation
from contributions.linking import Links
from contributions.models import Check, Contribution, Version
from contributions.news import LATER, QUIET, SOON
from contributions.proposals.fields import Row
from contributions.proposals.protocol import Proposal
from contributions.reviewing import Reviewing, read_reviewing
from contributions.shown_checks import ShownCheck
from contributions.threads import ShownThread, read_threads
from contributions.timeline import checks_of
from evaluations.models import Run

MOST_AWAITED = 20


@dataclass(frozen=True)
class ContributionPage:
    contribution: Contribution
    proposal: Proposal
    version: Version
    versions: Sequence[Version]
    rows: Sequence[Row]
    compared: Comparison
    panel_context: Mapping[str, object]
    checks: Sequence[ShownCheck]
    threads: Sequence[ShownThread]
    conversation: Conversation
    reviewing: Reviewing
    evaluation: Evaluation
    # Those that take it back, or would.
    reverting: Sequence[Contribution]
    # Why it ended without a merge, as whoever ended it put it.
    last_word: str
    where: Where
    # As it was before the rest was read (contributions/news.py).
    stamp: str

    @property
    def check_seconds(self) -> str:
        """What the checks took altogether, once all have ended."""
        seconds = [shown.check.seconds for shown in self.checks]
        known = [each for each in seconds if each is not None]
        return f"{sum(known):.1f} s" if known and len(known) == len(seconds) else ""

    @property
    def may_be_reverted(self) -> bool:
        """Merged, of a kind that can be taken back, and nobody has done or proposed so."""
        merged = self.contribution.state == "merged"
        return merged and self.proposal.is_revertible and not self.reverting

    @property
    def is_head(self) -> bool:
        return self.version.number == self.contribution.head

    @property
    def links(self) -> Links:
        """Of what the conversation's texts name."""
        return self.conversation.links

    @property
    def poll(self) -> str:
        """How soon the page looks again: people act even where nothing moves by itself."""
        checking = any(not shown.check.is_settled for shown in self.checks)
        working = self.evaluation.working
        if checking or any(run.state in Run.HELD_STATES for run in working):
            return SOON
        return LATER if working else QUIET

    @property
    def awaited(self) -> str:
        """The runs whose progress the page shows, for its next look."""
        return ",".join(str(run.pk) for run in self.evaluation.working[:MOST_AWAITED])


def read_page(
    contribution: Contribution,
    *,
    version: str = "",
    against: str = "",
    where: Where | None = None,
    stamp: str = "",
) -> ContributionPage:
    """`version` as it stands in the URL; the newest where it names none. A fixed number of queries."""
    versions = list(contribution.versions.select_related("author").order_by("-number"))
    wanted = int(version) if version.isdecimal() else contribution.head
    shown = next((one for one in versions if one.number == wanted), versions[0])
    shown.contribution = contribution
    proposal = proposals.get(contribution.kind)
    threads = read_threads(contribution, versions[0])
    return ContributionPage(
        contribution=contribution,
        proposal=proposal,
        version=shown,
        versions=versions,
        rows=proposal.summary_rows(shown.payload),
        compared=read_comparison(contribution, version=version, against=against, versions=versions),
        panel_context=proposal.panel_context(contribution, shown),
        checks=[ShownCheck(check) for check in checks_of(shown)],
        threads=threads,
        conversation=read_conversation(contribution, threads, where=where),
        reviewing=read_reviewing(contribution),
        evaluation=read_evaluation(contribution),
        reverting=_reverting(contribution),
        last_word=_last_word(contribution),
        where=where or Where(),
        stamp=stamp,
    )


def _reverting(contribution: Contribution) -> list[Contribution]:
    if contribution.state != "merged":
        return []
    standing = [*Contribution.live_states(), "merged"]
    return list(contribution.reverted_by.filter(state__in=standing).order_by("pk"))


def _last_word(contribution: Contribution) -> str:
    if contribution.state not in {"closed", "withdrawn"}:
        return ""
    ends = contribution.events.filter(to_state=contribution.state).order_by("pk")
    return ends.values_list("why", flat=True).last() or ""


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
