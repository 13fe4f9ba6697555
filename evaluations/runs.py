"""One run as its page and the API show it: where it stands, what it waits for, how long each stage took."""

from dataclasses import dataclass
from datetime import datetime

from evaluations.models import Run, RunEvent, Worker

STAGES = ("queued", "fetching", "preparing", "running", "scoring", "published")


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


def asked_since(stages: list[Stage]) -> datetime | None:
    """When the model of the present attempt was first asked; None before that."""
    return next((stage.reached_at for stage in stages if stage.name == "running"), None)


def workers_of(run: Run, events: list[RunEvent]) -> dict[str, Worker]:
    """By name: those that had to do with it and are not forgotten yet. One query."""
    names = {run.worker, *(event.worker for event in events)} - {""}
    return {worker.name: worker for worker in Worker.objects.filter(name__in=names)}


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
