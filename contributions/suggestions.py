"""Whom to ask for a review: who looks after this by scope, and who knows it from earlier work."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from contributions import permissions
from contributions.models import Contribution, Review
from hub.models import LineageEdge, ModelVariant, Scope, User

SHOWN = 5
# Work that is looked back at, newest first.
LOOKED_BACK = 200


@dataclass(frozen=True)
class Suggestion:
    """`why` in words; `waiting` reviews wait for them already."""

    person: User
    why: str
    waiting: int


def suggest_reviewers(contribution: Contribution) -> list[Suggestion]:
    """At most five who may review it and were not asked, those with least waiting first.

    Whoever has no role or scope here is not suggested, whatever they know. Six queries.
    """
    reasons = _by_scope(contribution)
    scoped = set(reasons)
    for person, why in _by_work(contribution).items():
        reasons.setdefault(person, why)
    people = _able(contribution).filter(
        Q(pk__in=scoped) | Q(pk__in=reasons, role__in=permissions.REVIEWING_ROLES)
    )
    found = [Suggestion(one, reasons[one.pk], one.waiting) for one in people[:SHOWN]]  # type: ignore[attr-defined]
    if found:
        return found
    anybody = _able(contribution).filter(role__in=permissions.REVIEWING_ROLES)
    return [Suggestion(one, "reviews for the hub", one.waiting) for one in anybody[:SHOWN]]  # type: ignore[attr-defined]


def _able(contribution: Contribution) -> QuerySet[User]:
    """People who act here, had no part in it and were not asked yet; least waiting first."""
    live = Q(assignments__contribution__state__in=Contribution.live_states())
    versions = contribution.versions.all()
    return (
        User.objects.filter(is_active=True, is_bot=False)
        .exclude(pk=contribution.author_id)
        .exclude(pk__in=versions.values("author"))
        .exclude(pk__in=versions.filter(signed_by__isnull=False).values("signed_by"))
        .exclude(pk__in=contribution.assignments.values("reviewer"))
        .exclude(reviews__version__in=versions.filter(number=contribution.head))
        .annotate(waiting=Count("assignments", filter=live, distinct=True))
        .order_by("waiting", "pk")
    )


def _by_scope(contribution: Contribution) -> dict[int, str]:
    return {scope.person_id: _words(scope) for scope in permissions.scopes_of(contribution)}


def _words(scope: Scope) -> str:
    return f"looks after {scope.owner}" if scope.owner else f"{scope.role} of the group"


def _by_work(contribution: Contribution) -> dict[int, str]:
    """Who proposed or reviewed changes to the same entry, its parents or its namespace."""
    subject = contribution.subject.lower()
    parents = _parents(contribution)
    where = Q(subject__iexact=subject) | Q(subject__istartswith=f"{contribution.namespace}/")
    for parent in parents:
        where |= Q(subject__iexact=parent)
    near = Contribution.objects.filter(where)
    rows = near.exclude(pk=contribution.pk).order_by("-pk")
    known = {one.pk: one for one in rows.only("pk", "subject", "author_id")[:LOOKED_BACK]}
    given = Review.objects.filter(version__contribution__in=known)
    work = [(number, one.author_id, "proposed") for number, one in known.items()]
    reviewed = given.values_list("version__contribution", "reviewer").distinct()
    work += [(number, reviewer, "reviewed") for number, reviewer in reviewed]
    nearest: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for number, person, did in work:
        about = known[number].subject
        distance = 0 if about.lower() == subject else 1 if about.lower() in parents else 2
        nearest[person].append((distance, f"{did} #{number} about {about}"))
    return {person: min(words)[1] for person, words in nearest.items()}


def _parents(contribution: Contribution) -> set[str]:
    """Names, in small letters: as proposed, and as the catalogue has them."""
    payload = contribution.versions.values_list("payload", flat=True).get(number=contribution.head)
    proposed = {edge["parent_name"].lower() for edge in payload.get("edges", ())}
    owner, _, name = contribution.subject.partition("/")
    edges = LineageEdge.objects.filter(child__in=ModelVariant.objects.named(owner, name))
    return proposed | {parent.lower() for parent in edges.values_list("parent_name", flat=True)}
