"""What a merge needs, one function a requirement; `merge_requirements` is the only answer to it.

Who may merge is another question (permissions.py). Adding a requirement is one function here and its
name in the registry.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from django.db.models import Exists, F, OuterRef, Q

from contributions import permissions, proposals
from contributions.models import Check, Contribution, Review, Thread, Version
from contributions.models.review import Verdict

Row = TypeVar("Row")
CHECK_WORDS = {
    "queued": "has not run yet",
    "running": "is running",
    "passed": "passed",
    "warning": "passed with a warning",
    "skipped": "was not needed",
    "failed": "failed",
    "errored": "could not be completed",
}


@dataclass(frozen=True)
class Requirement:
    """One thing a merge needs. `code` is stable; `text` says it when it is met or what is missing."""

    code: str
    text: str
    met: bool


@dataclass(frozen=True)
class Facts:
    """What requirements look at: the newest version and what was said about it."""

    contribution: Contribution
    # Without its payload and base, which are read when something asks for them.
    version: Version
    # Keys of who wrote or signed any version: their own verdict would not count.
    writers: frozenset[int]
    # Of the newest version, oldest first.
    reviews: Sequence[Review]
    checks: Sequence[Check]
    # Unresolved, of those who may review: what others ask does not stop anybody.
    threads: Sequence[Thread]

    @cached_property
    def verdicts(self) -> dict[str, str]:
        """Username -> their last verdict on the newest version."""
        given = (one for one in self.reviews if one.reviewer_id not in self.writers)
        return {review.reviewer.username: review.verdict for review in given}

    @property
    def approvers(self) -> list[str]:
        return sorted(name for name, verdict in self.verdicts.items() if verdict == Verdict.APPROVE)

    @property
    def approvals_needed(self) -> int:
        group = self.contribution.group
        return max(1, group.approvals if group else 1)

    @property
    def required_checks(self) -> list[Check]:
        """As planned when the version came in, and what the working group requires by now."""
        group = self.contribution.group
        also = set(group.required_checks) if group else set()
        return [check for check in self.checks if check.required or check.name in also]


def approval(facts: Facts) -> Iterable[Requirement]:
    number, approvers, needed = facts.contribution.head, facts.approvers, facts.approvals_needed
    if len(approvers) >= needed:
        text = f"Version {number} is approved by {listed(approvers)}."
    elif not approvers and needed == 1:
        text = f"Somebody other than its author has to approve version {number}."
    elif not approvers:
        text = f"{needed} people other than its author have to approve version {number}."
    else:
        text = f"Version {number} is approved by {listed(approvers)}; it needs {needed} approvals."
    yield Requirement("approval", text, len(approvers) >= needed)


def objections(facts: Facts) -> Iterable[Requirement]:
    number = facts.contribution.head
    objectors = sorted(set(facts.verdicts) - set(facts.approvers))
    if objectors:
        text = f"{listed(objectors)} asked for changes to version {number}."
    else:
        text = f"Nobody asks for changes to version {number}."
    yield Requirement("objections", text, not objectors)


def threads(facts: Facts) -> Iterable[Requirement]:
    """Nothing is said where nothing is left to discuss."""
    if facts.threads:
        count = len(facts.threads)
        openers = sorted({thread.opened_by.username for thread in facts.threads})
        what = "A thread is" if count == 1 else f"{count} threads are"
        yield Requirement("threads", f"{what} not resolved yet ({listed(openers)}).", met=False)


def checks(facts: Facts) -> Iterable[Requirement]:
    for check in facts.required_checks:
        text = f"Check “{check.name}” {CHECK_WORDS[check.state]}."
        yield Requirement(f"check:{check.name}", text, check.is_green)


def signed(facts: Facts) -> Iterable[Requirement]:
    """Only a program's version comes without a signature; a person then vouches for it."""
    if not facts.version.signed_off:
        text = f"A person has to sign version {facts.contribution.head} off: a program proposed it."
        yield Requirement("sign_off", text, met=False)


def base(facts: Facts) -> Iterable[Requirement]:
    """An edit of what others changed meanwhile: said where both cannot be had."""
    moved = proposals.get(facts.contribution.kind).moved(facts.version)
    if moved and moved.clashes:
        labels = listed([clash.label for clash in moved.clashes])
        text = f"{facts.contribution.subject} changed meanwhile and conflicts in: {labels}."
        yield Requirement("conflict", f"{text} Its author has to decide and revise.", met=False)


# In the order in which they are listed. Each sees what `read_facts` read for a whole list at once.
REQUIREMENTS: tuple[Callable[[Facts], Iterable[Requirement]], ...] = (
    approval,
    objections,
    threads,
    signed,
    checks,
)
# Those that ask the catalogue itself: a few queries for one contribution, too many for a list.
LOOKED_UP: tuple[Callable[[Facts], Iterable[Requirement]], ...] = (base,)


def merge_requirements(contribution: Contribution) -> list[Requirement]:
    """What a merge of the newest version needs, met or not, in a fixed order.

    Four queries, and those of LOOKED_UP.
    """
    facts = read_facts([contribution])[contribution.pk]
    return [item for asked in (*REQUIREMENTS, *LOOKED_UP) for item in asked(facts)]


def listed_requirements(facts: Facts) -> list[Requirement]:
    """For lists: what can be said without another query."""
    return [item for asked in REQUIREMENTS for item in asked(facts)]


def read_facts(contributions: Sequence[Contribution]) -> dict[int, Facts]:
    """By number. Four queries; `group` should be selected already."""
    numbers = [contribution.pk for contribution in contributions]
    newest = F("version__contribution__head")
    versions = _by_contribution(
        (version.contribution_id, version)
        for version in Version.objects.filter(contribution__in=numbers).defer(
            "payload", "base", "note"
        )
    )
    reviews = _by_contribution(
        (review.version.contribution_id, review)
        for review in Review.objects.filter(
            version__contribution__in=numbers, version__number=newest
        )
        .select_related("reviewer", "version")
        .defer("version__payload", "version__base")
        .order_by("pk")
    )
    checks = _by_contribution(
        (check.version.contribution_id, check)
        for check in Check.objects.filter(version__contribution__in=numbers, version__number=newest)
        .select_related("version")
        .defer("version__payload", "version__base", "findings")
        .order_by("pk")
    )
    blocking = _by_contribution(
        (thread.contribution_id, thread) for thread in _blocking_threads(numbers)
    )
    return {
        one.pk: Facts(
            contribution=one,
            version=next(v for v in versions[one.pk] if v.number == one.head),
            writers=frozenset(
                {one.author_id}
                | {version.author_id for version in versions[one.pk]}
                | {version.signed_by_id for version in versions[one.pk] if version.signed_by_id}
            ),
            reviews=reviews[one.pk],
            checks=checks[one.pk],
            threads=blocking[one.pk],
        )
        for one in contributions
    }


def _by_contribution(pairs: Iterable[tuple[int, Row]]) -> defaultdict[int, list[Row]]:
    rows: defaultdict[int, list[Row]] = defaultdict(list)
    for number, row in pairs:
        rows[number].append(row)
    return rows


def _blocking_threads(numbers: Sequence[int]) -> Iterable[Thread]:
    reviewers = Q(opened_by__role__in=permissions.REVIEWING_ROLES) | Exists(
        permissions.scopes_over("contribution__").filter(person=OuterRef("opened_by"))
    )
    unresolved = Thread.objects.filter(reviewers, contribution__in=numbers, state="open")
    return unresolved.select_related("opened_by")


def listed(names: Sequence[str]) -> str:
    """“ann”, “ann and ben”, “ann, ben and cleo”."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
