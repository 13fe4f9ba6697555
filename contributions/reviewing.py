"""Where a contribution stands in review: who said what, whose word has lapsed, who was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contributions import permissions
from contributions.checks import CHECKS
from contributions.models import Assignment, Contribution, Review
from contributions.requirements import LOOKED_UP, REQUIREMENTS, Facts, Requirement, read_facts
from contributions.suggestions import Suggestion, suggest_reviewers
from contributions.trailers import Trailer, as_message, trailers
from hub.models import Scope


@dataclass(frozen=True)
class Reviewing:
    facts: Facts
    # Of a contribution that has ended nothing is required any more.
    requirements: Sequence[Requirement]
    # Last words on earlier versions, of those who have not judged the newest: newest first.
    lapsed: Sequence[Review]
    assignments: Sequence[Assignment]
    # Who looks after this by scope; everybody with the hub's role may review, too.
    scopes: Sequence[Scope]
    # Of a merged one: who stands behind it, and the whole as a commit message.
    trailers: Sequence[Trailer]
    message: str

    @property
    def asked(self) -> list[Requirement]:
        """The requirements as people read them: checks by their labels, those that passed as one."""
        passed = [one for one in self.requirements if one.code in _CHECKS and one.met]
        shown = [_by_label(one) for one in self.requirements if one not in passed]
        if passed:
            count = f"{len(passed)} required check{'s' if len(passed) > 1 else ''} passed."
            shown.append(Requirement("checks", count, met=True))
        return shown

    @property
    def unmet(self) -> list[Requirement]:
        return [requirement for requirement in self.asked if not requirement.met]

    @property
    def verdicts(self) -> Mapping[str, str]:
        return self.facts.verdicts


_CHECKS = {f"check:{name}": name for name in CHECKS}


def _by_label(requirement: Requirement) -> Requirement:
    if requirement.code not in _CHECKS:
        return requirement
    name = _CHECKS[requirement.code]
    text = requirement.text.replace(f"“{name}”", f"“{CHECKS[name].label}”")
    return Requirement(requirement.code, text, requirement.met)


def read_reviewing(contribution: Contribution) -> Reviewing:
    """Ten queries at most, and those of requirements that look something up."""
    facts = read_facts([contribution])[contribution.pk]
    asked = (*REQUIREMENTS, *LOOKED_UP) if contribution.is_live else ()
    scopes = permissions.scopes_of(contribution).select_related("person")
    credit = trailers(contribution)
    return Reviewing(
        facts=facts,
        requirements=[item for one in asked for item in one(facts)],
        lapsed=lapsed_reviews(contribution, facts),
        assignments=list(contribution.assignments.select_related("reviewer", "assigned_by")),
        scopes=list(scopes.filter(person__is_active=True).exclude(person__in=facts.writers)),
        trailers=credit,
        message=as_message(contribution, facts.version.note, credit) if credit else "",
    )


@dataclass(frozen=True)
class Asking:
    """What one person may do about who reviews this."""

    # Anybody who may review, by name; else only those who are suggested.
    may_ask_anybody: bool
    may_take: bool
    suggestions: Sequence[Suggestion]
    # Keys of assignments that this person may take back.
    may_release: frozenset[int]


def read_asking(person: permissions.Person, reviewing: Reviewing) -> Asking:
    """Nothing is asked of the database for people who are not signed in."""
    contribution = reviewing.facts.contribution
    if not permissions.may_submit(person) or not contribution.is_live:
        return Asking(False, False, (), frozenset())
    maintains = permissions.maintains(person, contribution)
    is_author = permissions.is_author(person, contribution)
    asked = {one.reviewer_id for one in reviewing.assignments}
    return Asking(
        may_ask_anybody=maintains,
        may_take=person.pk not in asked and permissions.reviews(person, contribution),
        suggestions=suggest_reviewers(contribution) if maintains or is_author else (),
        may_release=frozenset(
            one.pk
            for one in reviewing.assignments
            if maintains or person.pk in {one.reviewer_id, one.assigned_by_id}
        ),
    )


def lapsed_reviews(contribution: Contribution, facts: Facts) -> list[Review]:
    """The last word of each who judged an earlier version and not the newest. One query."""
    judged = {review.reviewer_id for review in facts.reviews} | facts.writers
    earlier = Review.objects.filter(
        version__contribution=contribution, version__number__lt=contribution.head
    )
    rows = earlier.select_related("reviewer", "version").defer("version__payload", "version__base")
    last = {row.reviewer_id: row for row in rows.order_by("pk") if row.reviewer_id not in judged}
    return sorted(last.values(), key=lambda row: row.pk, reverse=True)
