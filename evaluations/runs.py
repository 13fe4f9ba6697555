"""One run as its page and the API show it: where it stands, what it waits for, how long each stage took."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, F, Max, Q
from django.utils import timezone

from evaluations.models import Run, RunEvent

STAGES = ("queued", "fetching", "preparing", "running", "scoring", "published")
# How many runs of a queue the estimate of a wait looks back on.
LOOK_BACK = 20


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of the present attempt. `seconds` is None until it is over, `reached_at` until it began.

    `status` is done, current, ahead, or how the run ended in it: failed, cancelled,
    superseded.
    """

    name: str
    status: str
    reached_at: datetime | None
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Wait:
    """What a queued run waits for. `position` is 1 for the next; `expected_seconds` is None when
    nothing ran on this queue before, and counts only the workers that are busy now."""

    position: int
    queue: str
    not_before: datetime | None
    busy_workers: int
    last_taken_at: datetime | None
    expected_seconds: float | None


def stages_of(run: Run, events: list[RunEvent] | None = None) -> list[Stage]:
    """The six stages in order. `events` saves the query where they were read already."""
    events = events if events is not None else list(run.events.all())
    reached = _reached(run, events)
    ended = run.state in Run.terminal_states()
    last = _furthest(reached) if ended else run.state
    return [
        Stage(
            name=name,
            status=_status(run, name, last),
            reached_at=reached.get(name),
            seconds=_seconds(run, name, reached),
        )
        for name in STAGES
    ]


def _reached(run: Run, events: list[RunEvent]) -> dict[str, datetime]:
    """When each stage began: of the waiting the first time, of the rest the present attempt's."""
    reached = {"queued": run.requested_at}
    for event in events:
        if event.to_state == event.from_state:
            continue  # a cancel that was asked, another priority
        if event.to_state == "queued" and event.from_state:
            reached = {"queued": event.at}
        elif event.to_state in STAGES:
            reached.setdefault(event.to_state, event.at)
    return reached


def _furthest(reached: dict[str, datetime]) -> str:
    return max(reached, key=STAGES.index)


def _status(run: Run, name: str, last: str) -> str:
    if name == last:
        if run.state == "published":
            return "done"
        return run.state if run.state in Run.terminal_states() else "current"
    return "done" if STAGES.index(name) < STAGES.index(last) else "ahead"


def _seconds(run: Run, name: str, reached: dict[str, datetime]) -> float | None:
    began = reached.get(name)
    if began is None or name == "published":
        return None
    later = [reached[each] for each in STAGES[STAGES.index(name) + 1 :] if each in reached]
    over = later[0] if later else run.finished_at
    return round((over - began).total_seconds(), 3) if over else None


def wait_of(run: Run) -> Wait | None:
    """What `run` waits for; None when it does not wait. Four short queries."""
    if run.state != "queued":
        return None
    waiting = Run.objects.filter(state="queued", queue=run.queue)
    ahead = waiting.filter(Q(priority__gt=run.priority) | Q(priority=run.priority, pk__lt=run.pk))
    same = Run.objects.filter(queue=run.queue)
    busy = same.filter(state__in=Run.HELD_STATES).values("worker").distinct().count()
    position = ahead.count() + 1
    mean = _mean_seconds(run.queue)
    held_back = run.not_before if run.not_before and run.not_before > timezone.now() else None
    return Wait(
        position=position,
        queue=run.queue,
        not_before=held_back,
        busy_workers=busy,
        last_taken_at=same.aggregate(last=Max("started_at"))["last"],
        expected_seconds=None if mean is None else round(position * mean / max(busy, 1), 1),
    )


def _mean_seconds(queue: str) -> float | None:
    """How long the last runs of a queue took, from the claim to the scores."""
    recent = Run.objects.filter(queue=queue, state="published").order_by("-pk")[:LOOK_BACK]
    mean = Run.objects.filter(pk__in=recent.values("pk")).aggregate(
        mean=Avg(F("finished_at") - F("started_at"))
    )["mean"]
    return None if mean is None else float(mean.total_seconds())
