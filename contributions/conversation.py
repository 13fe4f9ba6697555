"""The timeline as a page shows it: its beginning, its newest part, and of what lies between a piece at
a time. The cost is that of what is shown, however long the story: eight queries at most.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from contributions.linking import Links, read_links
from contributions.models import Comment, Contribution, Event
from contributions.threads import ShownThread

# Events at the beginning, at the end, in a piece between, before one that a link leads to.
FIRST, LATEST, PIECE, BEFORE = 10, 40, 100, 10
# A page that stays open through more than this shows the newest of it.
MOST_LATEST = 500
# Of a thread: what opened it, and the newest.
ANSWERS = 20
PLACE = re.compile(r"(comment|event|review|thread)-([0-9]{1,18})")


@dataclass(frozen=True)
class Where:
    """Which part of a story is asked for, as it stands in the address; nothing: both its ends.

    `after` and `before` are events, `at` something like "comment-12", `latest` the event from which
    an open page shows everything.
    """

    after: int = 0
    before: int = 0
    at: str = ""
    latest: int = 0

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Where":
        return cls(
            at=query.get("at", ""),
            **{name: number(query.get(name)) for name in ("after", "before", "latest")},
        )


def number(text: str | None) -> int:
    """What an address says; 0 where it says no number that a row could have."""
    return int(text) if text and text.isdecimal() and len(text) <= 18 else 0


@dataclass(frozen=True)
class Step:
    """One line of the timeline: an event, the check results that came in one go, or a thread."""

    event: Event
    results: tuple[Event, ...] = ()
    # Opened by this event: all its answers stand here.
    thread: "Talk | None" = None
    # Said in a thread that stands elsewhere.
    inside: ShownThread | None = None

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

    @property
    def text(self) -> str:
        """What somebody wrote, in Markdown."""
        if self.event.comment:
            return self.event.comment.body
        if self.event.review:
            return self.event.review.body
        return self.event.why if self.event.verb in {"submitted", "revised"} else ""


@dataclass(frozen=True)
class Talk:
    """A thread with as many of its answers as the page shows."""

    shown: ShownThread

    @property
    def opening(self) -> Comment:
        return self.shown.comments[0]

    @property
    def hidden(self) -> int:
        return max(0, len(self.shown.comments) - 1 - ANSWERS)

    @property
    def answers(self) -> Sequence[Comment]:
        return self.shown.comments[1 + self.hidden :]


@dataclass(frozen=True)
class Gap:
    """So many events between two that are shown."""

    after: int
    before: int
    count: int


@dataclass(frozen=True)
class Conversation:
    first: Sequence[Step] = ()
    gap_before: Gap | None = None
    middle: Sequence[Step] = ()
    gap_after: Gap | None = None
    latest: Sequence[Step] = ()
    links: Links = field(default_factory=Links)

    @property
    def start(self) -> int:
        """The event with which the newest part begins."""
        return self.latest[0].event.pk if self.latest else 0

    @property
    def newest(self) -> int:
        last = self.latest[-1] if self.latest else None
        return max((last.event, *last.results), key=lambda event: event.pk).pk if last else 0


def read_conversation(
    contribution: Contribution, threads: Sequence[ShownThread] = (), *, where: Where | None = None
) -> Conversation:
    """`threads`: all of the contribution's (contributions/threads.py)."""
    where = where or Where()
    events = of_contribution(contribution)
    if where.latest:
        rows = events.filter(pk__gte=where.latest).order_by("-pk")[:MOST_LATEST]
        return _shown([], None, [], None, list(rows)[::-1], threads)
    newest = list(events.order_by("-pk")[: FIRST + LATEST + 1])[::-1]
    if len(newest) <= FIRST + LATEST:
        return _shown([], None, [], None, newest, threads)
    first, latest = list(events.order_by("pk")[:FIRST]), newest[-LATEST:]
    low, high = first[-1].pk, latest[0].pk
    middle = _piece(contribution, events, where, low, high)
    if not middle:
        return _shown(first, None, [], _gap(contribution, low, high), latest, threads)
    end = min(where.before, high) if where.before > low else high
    before = _gap(contribution, low, middle[0].pk)
    after = _gap(contribution, middle[-1].pk, end)
    return _shown(first, before, middle, after, latest, threads)


def of_contribution(contribution: Contribution) -> "QuerySet[Event]":
    """With what each points at; what a check found and what a version holds is not read."""
    events = contribution.events.select_related(
        "actor", "comment__author", "review", "checked", "other", "person", "run"
    )
    return events.defer("checked__findings", "checked__details", "run__log_tail", "run__progress")


def _piece(
    contribution: Contribution, events: "QuerySet[Event]", where: Where, low: int, high: int
) -> list[Event]:
    """What lies between the ends and is asked for; empty when nothing is."""
    end = min(where.before or high, high)
    after = where.after
    if not after:
        named = _event_at(contribution, where.at)
        if not low < named < high:
            return []
        above = contribution.events.filter(pk__gt=low, pk__lt=named).order_by("-pk")
        after = min(above.values_list("pk", flat=True)[:BEFORE], default=named) - 1
    return list(events.filter(pk__gt=max(after, low), pk__lt=end).order_by("pk")[:PIECE])


def _event_at(contribution: Contribution, place: str) -> int:
    """The first event of what `place` names, such as "comment-12"; 0 where it names none."""
    found = PLACE.fullmatch(place)
    if found is None:
        return 0
    field = "pk" if found[1] == "event" else found[1]
    named = contribution.events.filter(**{field: int(found[2])}).order_by("pk")
    return named.values_list("pk", flat=True).first() or 0


def _gap(contribution: Contribution, after: int, before: int) -> Gap | None:
    count = contribution.events.filter(pk__gt=after, pk__lt=before).count()
    return Gap(after, before, count) if count else None


def _shown(
    first: list[Event],
    gap_before: Gap | None,
    middle: list[Event],
    gap_after: Gap | None,
    latest: list[Event],
    threads: Sequence[ShownThread],
) -> Conversation:
    telling = _Telling(threads, (*first, *middle, *latest))
    return Conversation(
        first=telling.steps(first),
        gap_before=gap_before,
        middle=telling.steps(middle),
        gap_after=gap_after,
        latest=telling.steps(latest),
        links=read_links(telling.texts),
    )


class _Telling:
    """Turns events into steps: check results in one line, answers in the thread that they belong to."""

    def __init__(self, threads: Sequence[ShownThread], events: Sequence[Event]) -> None:
        self.threads = {one.thread.pk: one for one in threads}
        self.openings = {one.comments[0].pk: one for one in threads if one.comments}
        self.texts: list[str] = []
        said = {event.comment_id for event in events}
        self.here = {one.thread.pk for key, one in self.openings.items() if key in said}

    def steps(self, events: Iterable[Event]) -> list[Step]:
        steps: list[Step] = []
        for step in steps_of(event for event in events if not self._is_answer_here(event)):
            self.texts += self._texts(placed := self._placed(step))
            steps.append(placed)
        return steps

    def _is_answer_here(self, event: Event) -> bool:
        said = event.verb == "commented" and event.thread_id in self.here
        return said and event.comment_id not in self.openings

    def _placed(self, step: Step) -> Step:
        shown = self.threads.get(step.event.thread_id or 0)
        if shown is None:
            return step
        if step.event.comment_id in self.openings:
            return Step(step.event, thread=Talk(shown))
        return Step(step.event, inside=shown)

    def _texts(self, step: Step) -> Iterator[str]:
        yield step.text
        if step.thread:
            yield from (answer.body for answer in step.thread.answers)


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
