"""Where a contribution stands in review: who said what, whose word has lapsed, who was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contributions import permissions
from contributions.checks import CHECKS
from contributions.models import Assignment, Contribution, Review
from contributions.models.review import Verdict
from contributions.requirements import (
    CHECK_WORDS,
    LOOKED_UP,
    REQUIREMENTS,
    Facts,
    Requirement,
    read_facts,
)
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
        """The requirements as people read them: checks by their labels, those that passed as one, and
        those that have not run yet.
        """
        passed = [one for one in self.requirements if one.code in _CHECKS and one.met]
        waiting = [one for one in self.requirements if one.code in _CHECKS and _waits(one)]
        folded = [*passed, *(waiting if len(waiting) > 1 else ())]
        shown = [_by_label(one) for one in self.requirements if one not in folded]
        if len(waiting) > 1:
            text = f"{len(waiting)} required checks have not run yet."
            shown.append(Requirement("checks_waiting", text, met=False))
        if passed:
            count = f"{len(passed)} required check{'s' if len(passed) > 1 else ''} passed."
            shown.append(Requirement("checks", count, met=True))
        return shown

    @property
    def lapsed_words(self) -> dict[int, str]:
        """By reviewer: what they said of which version, for those who were asked again."""
        return {
            review.reviewer_id: f"{_SAID[review.verdict]} version {review.version.number}, lapsed"
            for review in self.lapsed
        }

    @property
    def waited_for(self) -> list[tuple[Assignment, str]]:
        """Whose review was asked for, with what they said of an earlier version."""
        return [(one, self.lapsed_words.get(one.reviewer_id, "")) for one in self.assignments]

    @property
    def gone(self) -> list[tuple[Review, str]]:
        """Whose word has lapsed and nobody waits for any more."""
        asked = {one.reviewer_id for one in self.assignments}
        return [
            (review, self.lapsed_words[review.reviewer_id])
            for review in self.lapsed
            if review.reviewer_id not in asked
        ]

    @property
    def unmet(self) -> list[Requirement]:
        return [requirement for requirement in self.asked if not requirement.met]

    @property
    def verdicts(self) -> Mapping[str, str]:
        return self.facts.verdicts


_CHECKS = {f"check:{name}": name for name in CHECKS}


_SAID: Mapping[str, str] = {
    Verdict.APPROVE: "approved",
    Verdict.REQUEST_CHANGES: "wanted changes to",
}


def _waits(requirement: Requirement) -> bool:
    return requirement.text.endswith(f"{CHECK_WORDS['queued']}.")


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
        suggestions=[
            one
            for one in (suggest_reviewers(contribution) if maintains or is_author else ())
            if one.person != person
        ],
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
