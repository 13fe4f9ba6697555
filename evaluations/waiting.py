"""What a queued run waits for: a worker, a trial, the end of a pause; and who comes first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from evaluations.forecast import Line, Place, lines, places
from evaluations.models import Run
from evaluations.shares import Holder, holders

# Shares that are named as being ahead; the rest are a number.
MOST_NAMED = 4


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """Of the runs that come first, `count` are of `holder`; None: of everybody who is not named."""

    holder: Holder | None
    count: int


@dataclass(frozen=True, kw_only=True)
class Wait:
    """`reason` is turn, trial, pause, no_worker, draining or unfit (workers serve the queue and none has
    what the run `lacks`). `position` is 1 for the next, None while it waits for something other than
    its turn; `expected_start` is None where nobody can know. `expected_seconds` is how long the run
    itself will take, `ahead` who comes before it."""

    reason: str
    queue: str
    position: int | None = None
    expected_start: datetime | None = None
    expected_seconds: float | None = None
    ahead: tuple[Ahead, ...] = ()
    after: int | None = None
    not_before: datetime | None = None
    workers: int = 0
    running: int = 0
    lacks: tuple[str, ...] = ()

    @property
    def facts(self) -> tuple[object, ...]:
        """What a page shows of it, but for seconds that pass by themselves."""
        start = self.expected_start and int(self.expected_start.timestamp()) // 60
        return (self.reason, self.position, start, self.workers, self.running, self.lacks)


def wait_of(run: Run) -> Wait | None:
    """None when it does not wait. Six short queries, all on the index of what waits."""
    if run.state != "queued":
        return None
    queues = lines(run.queue)
    place = places([run.pk], queues).get(run.pk)
    return waits(run, queues[run.queue], place, who_is_ahead(run) if place else ())


def waits(run: Run, line: Line, place: Place | None, ahead: tuple[Ahead, ...] = ()) -> Wait:
    """The same from what was read already."""
    now = timezone.now()
    lacks = _lacks(run, line)
    reason = _reason(run, line, now, lacks)
    soon = line.starts_in(place) if place and reason == "turn" else None
    return Wait(
        reason=reason,
        queue=run.queue,
        position=place.position if place else None,
        expected_start=None if soon is None else now + timedelta(seconds=soon),
        expected_seconds=run.expected_seconds or line.typical,
        ahead=ahead,
        after=run.after_id,
        not_before=run.not_before if reason == "pause" else None,
        workers=line.workers,
        running=line.running,
        lacks=lacks if reason == "unfit" else (),
    )


def who_is_ahead(run: Run) -> tuple[Ahead, ...]:
    """Those who have most runs before `run`, and how many all others have together."""
    first = Q(priority__gt=run.priority) | Q(priority=run.priority, turn__lt=run.turn)
    first |= Q(priority=run.priority, turn=run.turn, pk__lt=run.pk)
    before = Run.objects.due().filter(first, queue=run.queue).order_by()
    counted = before.values_list("share").annotate(n=Count("pk")).order_by("-n", "share")
    rows: list[tuple[str, int]] = list(counted)
    known = holders(share for share, _ in rows[:MOST_NAMED])
    named = [(share, n) for share, n in rows[:MOST_NAMED] if share in known]
    rest = sum(n for _, n in rows) - sum(n for _, n in named)
    told = [Ahead(holder=known[share], count=n) for share, n in named]
    return (*told, Ahead(holder=None, count=rest)) if rest else tuple(told)


def _reason(run: Run, line: Line, now: datetime, lacks: tuple[str, ...]) -> str:
    if run.after_id is not None:
        return "trial"
    if run.not_before is not None and run.not_before > now:
        return "pause"
    if not line.workers and not line.running:
        return "draining" if line.draining else "no_worker"
    return "unfit" if lacks else "turn"


def _lacks(run: Run, line: Line) -> tuple[str, ...]:
    """What the best-equipped worker of the queue has not; empty where one has all, or none is known."""
    missing = [sorted(frozenset(run.needs) - each) for each in line.abilities]
    missing.sort(key=len)
    return tuple(missing[0]) if missing else ()
