"""Who may do what to a contribution, and what a merge still lacks. Actions, pages and API ask here.

A predicate answers about the person and the contribution as they stand; an action asks again with
the row held, so a page that was drawn a minute ago grants nothing.
"""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from contributions.models import Check, Contribution, Review
from contributions.models.review import Verdict
from hub.models import User
from hub.models.user import Role

Person = User | AnonymousUser


def may_submit(person: Person) -> bool:
    return isinstance(person, User) and person.is_active


def may_comment(person: Person) -> bool:
    """Also after the end: what was merged is talked about."""
    return may_submit(person)


def is_author(person: Person, contribution: Contribution) -> bool:
    return may_submit(person) and person.pk == contribution.author_id


def maintains(person: Person, contribution: Contribution) -> bool:
    """A maintainer of the hub, or of the working group that looks after this contribution."""
    if not isinstance(person, User) or not person.is_active:
        return False
    if person.is_at_least(Role.MAINTAINER):
        return True
    return (
        contribution.group_id is not None
        and person.maintained_groups.filter(pk=contribution.group_id).exists()
    )


def may_revise(person: Person, contribution: Contribution) -> bool:
    return contribution.is_live and is_author(person, contribution)


def may_withdraw(person: Person, contribution: Contribution) -> bool:
    return contribution.is_live and is_author(person, contribution)


def may_rerun(person: Person, contribution: Contribution) -> bool:
    return contribution.is_live and (
        is_author(person, contribution) or maintains(person, contribution)
    )


def reviews(person: Person, contribution: Contribution) -> bool:
    """Has the role to review this, and did not write it."""
    if not isinstance(person, User) or person.pk == contribution.author_id:
        return False
    return person.is_at_least(Role.REVIEWER) or maintains(person, contribution)


def may_review(person: Person, contribution: Contribution) -> bool:
    return contribution.is_live and reviews(person, contribution)


def merges(person: Person, contribution: Contribution) -> bool:
    """Has the role to merge this, and did not write it."""
    return maintains(person, contribution) and person.pk != contribution.author_id


def may_merge(person: Person, contribution: Contribution) -> bool:
    """The person could; whether the contribution is ready, `merge_requirements` says."""
    return contribution.is_live and merges(person, contribution)


def may_close(person: Person, contribution: Contribution) -> bool:
    return contribution.is_live and maintains(person, contribution)


@dataclass(frozen=True)
class Requirement:
    """One thing a merge needs. `code` is stable; `text` says it when it is met or what is missing."""

    code: str
    text: str
    met: bool


def merge_requirements(contribution: Contribution) -> list[Requirement]:
    """What a merge of the newest version needs, met or not, in a fixed order. Two queries."""
    number = contribution.head
    verdicts = latest_verdicts(contribution)
    approvers = sorted(name for name, verdict in verdicts.items() if verdict == Verdict.APPROVE)
    objectors = sorted(set(verdicts) - set(approvers))
    return [
        Requirement(
            "approval",
            f"Version {number} is approved by {_listed(approvers)}."
            if approvers
            else f"Somebody other than its author has to approve version {number}.",
            bool(approvers),
        ),
        Requirement(
            "objections",
            f"{_listed(objectors)} asked for changes to version {number}."
            if objectors
            else f"Nobody asks for changes to version {number}.",
            not objectors,
        ),
        *_check_requirements(contribution),
    ]


def latest_verdicts(contribution: Contribution) -> dict[str, str]:
    """Username -> the last verdict on the newest version; the author's own would not count."""
    given = Review.objects.filter(
        version__contribution=contribution, version__number=contribution.head
    )
    rows = given.exclude(reviewer_id=contribution.author_id).order_by("pk")
    return dict(rows.values_list("reviewer__username", "verdict"))


def _check_requirements(contribution: Contribution) -> list[Requirement]:
    checks = Check.objects.filter(
        version__contribution=contribution, version__number=contribution.head, required=True
    )
    words = {
        "queued": "has not run yet",
        "running": "is running",
        "passed": "passed",
        "warning": "passed with a warning",
        "skipped": "was not needed",
        "failed": "failed",
        "errored": "could not be completed",
    }
    return [
        Requirement(
            f"check:{check.name}", f"Check “{check.name}” {words[check.state]}.", check.is_green
        )
        for check in checks
    ]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
