"""The review queue: what waits for somebody, oldest first, and what each still lacks."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from contributions import permissions
from contributions.models import Assignment, Contribution, Review, Version
from contributions.requirements import Requirement, listed_requirements, read_facts
from hub.keyset import Key, Sorting
from hub.models import User
from hub.models.user import Role

WHICH = [
    ("waiting", "waits for me"),
    ("assigned", "asked of me"),
    ("scopes", "in my scopes"),
    ("all", "all"),
    ("mine", "needs me as its author"),
]
SORTING = Sorting(
    choices={"number": Key("pk"), "updated": Key("updated_at")},
    default="number",
)
# The number beside the link: nobody counts further than this.
MOST_COUNTED = 99
WITH = ("author", "group", "merged_by", "variant", "dataset")


@dataclass(frozen=True)
class Waiting:
    contribution: Contribution
    requirements: Sequence[Requirement]
    # Whoever was asked and has not answered yet.
    asked: Sequence[str]

    @property
    def blocks(self) -> list[Requirement]:
        """What stands in the way of a merge, the checks as one."""
        unmet = [one for one in self.requirements if not one.met]
        checks = [one for one in unmet if one.code.startswith("check:")]
        others = [one for one in unmet if one not in checks]
        if len(checks) > 1:
            text = f"{len(checks)} required checks are not green."
            return [*others, Requirement("checks", text, met=False)]
        return [*others, *checks]


def waiting_for(person: User, which: str = "waiting") -> QuerySet[Contribution]:
    """Open contributions; `which` of them, as WHICH has the names.

    "waiting": asked of the person, or in their scopes and not judged by them, or ready for them to
    merge. What was sent back waits for its author instead.
    """
    rows = Contribution.objects.open().select_related(*WITH)
    if which == "mine":
        return rows.filter(_needs_author(), author=person)
    others = rows.exclude(author=person)
    if which == "all":
        return others
    assigned = Exists(Assignment.objects.filter(contribution=OuterRef("pk"), reviewer=person))
    if which == "assigned":
        return others.filter(assigned)
    if which == "scopes":
        return others.filter(_looked_after_by(person))
    return others.filter(assigned | _in_turn(person) | _to_merge(person)).exclude(_part_of(person))


def _needs_author() -> Q:
    """Sent back, or a required check failed: nobody else can move it on."""
    failed = Version.objects.filter(
        contribution=OuterRef("pk"),
        number=OuterRef("head"),
        checks__required=True,
        checks__state="failed",
    )
    return Q(state="changes_requested") | Q(Exists(failed))


def _looked_after_by(person: User) -> Exists:
    return Exists(permissions.scopes_over().filter(person=person))


def _judged_by(person: User) -> Exists:
    given = Review.objects.filter(reviewer=person, version__contribution=OuterRef("pk"))
    return Exists(given.filter(version__number=OuterRef("head")))


def _part_of(person: User) -> Exists:
    """Nobody judges what they wrote or signed."""
    versions = Version.objects.filter(contribution=OuterRef("pk"))
    return Exists(versions.filter(Q(author=person) | Q(signed_by=person)))


def _in_turn(person: User) -> Q:
    """Nobody else was asked, and it is theirs: by scope, or with a hub's role where no scope is."""
    unasked = ~Exists(Assignment.objects.filter(contribution=OuterRef("pk")))
    theirs = Q(_looked_after_by(person))
    if person.is_at_least(Role.REVIEWER):
        theirs |= Q(~Exists(permissions.scopes_over()))
    return Q(state="open") & Q(unasked) & theirs & Q(~_judged_by(person))


def _to_merge(person: User) -> Q:
    maintained = permissions.scopes_over().filter(person=person, role="maintainer")
    theirs = Q() if person.is_at_least(Role.MAINTAINER) else Q(Exists(maintained))
    return Q(state="approved") & theirs


def count_waiting(person: User) -> int:
    """At most MOST_COUNTED + 1. One query over the index of open contributions."""
    return waiting_for(person).select_related(None).order_by("pk")[: MOST_COUNTED + 1].count()


def read_waiting(contributions: Sequence[Contribution]) -> list[Waiting]:
    """Five queries, however many."""
    facts = read_facts(contributions)
    asked: dict[int, list[str]] = {one.pk: [] for one in contributions}
    rows = Assignment.objects.filter(contribution__in=list(asked)).order_by("pk")
    for number, username in rows.values_list("contribution", "reviewer__username"):
        asked[number].append(username)
    return [
        Waiting(one, listed_requirements(facts[one.pk]), asked[one.pk]) for one in contributions
    ]
