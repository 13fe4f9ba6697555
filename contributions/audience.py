"""Who hears of an event, and why. The strongest reason wins; nobody hears of what they did themselves."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from contributions.mentions import names_in
from contributions.models import Assignment, Block, Event, Hold, Review, Version, Watch
from contributions.models.notification import Why
from hub.models import Dataset, ModelVariant, User

# The timeline and webhooks have them; an inbox full of them would hide the rest.
QUIET = frozenset({"rerun", "signed", "unassigned", "resolved", "referenced"})
# Only whoever the event names.
PERSONAL = frozenset({"assigned"})
# Of what somebody watches an entry for; the conversation is for those who take part.
MILESTONES = frozenset({"submitted", "merged", "measured", "reported", "closed", "withdrawn"})
FAILED = frozenset({"failed", "errored"})


@dataclass(frozen=True)
class Around:
    """What is known of the contributions that a batch of events is about. Nine queries, however many."""

    # Contribution -> people
    authors: Mapping[int, set[int]]
    reviewers: Mapping[int, set[int]]
    assigned: Mapping[int, set[int]]
    muted: Mapping[int, set[int]]
    # Contribution -> people, and since when each watches it or its entry
    watching: Mapping[int, Mapping[int, datetime]]
    entry_watching: Mapping[int, Mapping[int, datetime]]
    # Who was blocked -> by whom
    blockers: Mapping[int, set[int]]
    # Username -> person
    people: Mapping[str, int]


def audible() -> QuerySet[Event]:
    """Without what is held for a maintainer's look: that is told when it is released, or never."""
    held = Hold.objects.exclude(state="released")
    note = held.filter(
        version__contribution=OuterRef("contribution"), version__number=OuterRef("version_number")
    )
    held_comment = Exists(held.filter(comment=OuterRef("comment")))
    held_note = Q(Exists(note), verb__in=["submitted", "revised"])
    return Event.objects.filter(~held_comment, ~held_note)


def text_of(event: Event) -> str:
    """What somebody wrote with it, in Markdown; empty when nothing."""
    if event.comment:
        return event.comment.body
    if event.review:
        return event.review.body
    return event.why if event.actor_id else ""


def hearers(event: Event, around: Around) -> dict[int, Why]:
    """Person id -> why they hear of it. Who muted it hears of it when named, and not otherwise."""
    found = dict(_by_role(event, around))
    for person in around.muted.get(event.contribution_id, ()):
        found.pop(person, None)
    for name in names_in(text_of(event)):
        if name in around.people:
            found[around.people[name]] = Why.MENTIONED
    found.pop(event.actor_id or 0, None)
    for person in around.blockers.get(event.actor_id or 0, ()):
        found.pop(person, None)
    return found


def _by_role(event: Event, around: Around) -> Iterator[tuple[int, Why]]:
    """Weakest reason first: the last one said of a person stands."""
    number, verb = event.contribution_id, event.verb
    if verb == "checked":
        if event.to_state in FAILED:
            yield event.contribution.author_id, Why.AUTHOR
        return
    if verb in PERSONAL:
        if event.person_id:
            yield event.person_id, Why.ASSIGNED
        return
    if verb in QUIET:
        return
    if verb in MILESTONES:
        yield from ((person, Why.WATCHING) for person in _since(around.entry_watching, event))
    yield from ((person, Why.WATCHING) for person in _since(around.watching, event))
    yield from ((person, Why.REVIEWER) for person in around.reviewers.get(number, ()))
    yield from ((person, Why.AUTHOR) for person in around.authors.get(number, ()))
    yield from ((person, Why.ASSIGNED) for person in around.assigned.get(number, ()))


def _since(watching: Mapping[int, Mapping[int, datetime]], event: Event) -> Iterator[int]:
    """Who began to watch later does not hear of what was before, however late that is told."""
    for person, since in watching.get(event.contribution_id, {}).items():
        if since <= event.at:
            yield person


def read_around(events: Sequence[Event]) -> Around:
    """`events` with their contribution, comment and review."""
    numbers = {event.contribution_id for event in events}
    names = {name for event in events for name in names_in(text_of(event))}
    actors = {event.actor_id for event in events if event.actor_id}
    watching: dict[int, dict[int, datetime]] = defaultdict(dict)
    muted: dict[int, set[int]] = defaultdict(set)
    watches = Watch.objects.filter(contribution__in=numbers)
    for number, person, since, is_muted in watches.values_list(
        "contribution", "person", "created_at", "muted"
    ):
        if is_muted:
            muted[number].add(person)
        else:
            watching[number][person] = since
    reviews = Review.objects.filter(version__contribution__in=numbers)
    authors = _grouped(
        Version.objects.filter(contribution__in=numbers).values_list("contribution", "author")
    )
    for event in events:
        authors[event.contribution_id].add(event.contribution.author_id)
    people = User.objects.filter(is_active=True, username__in=names) if names else ()
    return Around(
        authors=authors,
        reviewers=_grouped(reviews.values_list("version__contribution", "reviewer")),
        assigned=_grouped(
            Assignment.objects.filter(contribution__in=numbers).values_list(
                "contribution", "reviewer"
            )
        ),
        muted=muted,
        watching=watching,
        entry_watching=_entry_watchers(events),
        blockers=_grouped(
            Block.objects.filter(blocked__in=actors).values_list("blocked", "blocker")
        ),
        people={person.username: person.pk for person in people},
    )


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    groups: dict[int, set[int]] = defaultdict(set)
    for key, value in pairs:
        groups[key].add(value)
    return groups


def _entry_watchers(events: Iterable[Event]) -> dict[int, dict[int, datetime]]:
    """Contribution -> who watches the entry it made or is about. Two queries, none without milestones."""
    contributions = {
        event.contribution_id: event.contribution for event in events if event.verb in MILESTONES
    }
    watchers: dict[int, dict[int, datetime]] = defaultdict(dict)
    if not contributions:
        return watchers
    for name, model in (("variant", ModelVariant), ("dataset", Dataset)):
        about = defaultdict[str, set[int]](set)
        made = defaultdict[int, set[int]](set)
        for number, contribution in contributions.items():
            about[contribution.subject.lower()].add(number)
            if entry := getattr(contribution, f"{name}_id"):
                made[entry].add(number)
        entries = model._default_manager.alias(low_owner=Lower("owner"), low_name=Lower("name"))
        entries = entries.filter(_named(about) | Q(pk__in=made))
        rows = Watch.objects.filter(muted=False, **{f"{name}__in": entries})
        for person, since, pk, owner, own in rows.values_list(
            "person", "created_at", f"{name}_id", f"{name}__owner", f"{name}__name"
        ):
            for number in about.get(f"{owner}/{own}".lower(), set()) | made.get(pk, set()):
                watchers[number][person] = since
    return watchers


def _named(subjects: Iterable[str]) -> Q:
    """Both kinds of entry have an index on just these two."""
    which = Q(pk__in=())
    for subject in subjects:
        owner, _, name = subject.partition("/")
        which |= Q(low_owner=owner, low_name=name)
    return which
