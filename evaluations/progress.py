"""How far a run that a worker holds is, and how long it may still take."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from evaluations.models import Run

# From this share of the answers on, the pace of the run itself says more than history does.
PACE_TELLS = 0.1


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`done` of `total` (bytes while fetching, else requests) of the present phase, in `words`.

    `fraction` of all that the model is asked, None before it is asked anything; `task` is being
    answered, `tasks_done` of `tasks` are finished. `seconds_left` of the whole run.
    """

    words: str
    done: int
    total: int
    is_bytes: bool
    fraction: float | None
    task: str
    tasks_done: int
    tasks: int
    seconds_left: float | None


def progress_of(run: Run, since: datetime | None = None) -> Progress | None:
    """None where no worker holds it. `since` is when the model was first asked, where that is known."""
    if run.state not in Run.HELD_STATES:
        return None
    told = run.progress
    done, total = int(told.get("done", 0)), int(told.get("total", 0))
    return Progress(
        words=told.get("phase") or told.get("stage") or run.state,
        done=done,
        total=total,
        is_bytes=told.get("phase") == "bytes",
        fraction=_fraction(run),
        task=told.get("task", ""),
        tasks_done=int(told.get("tasks_done", 0)),
        tasks=int(told.get("tasks", 0)),
        seconds_left=seconds_left(run, since),
    )


def seconds_left(run: Run, since: datetime | None = None) -> float | None:
    """By the pace of the run once it tells, before by how long such runs took; None: nobody knows."""
    if run.state == "scoring":
        return 0.0
    now = timezone.now()
    fraction = _fraction(run)
    began = since or run.started_at
    if fraction is not None and fraction >= PACE_TELLS and began:
        return (now - began).total_seconds() * (1 - fraction) / fraction
    if run.expected_seconds is None or run.started_at is None:
        return None
    return max(run.expected_seconds - (now - run.started_at).total_seconds(), 0.0)


def _fraction(run: Run) -> float | None:
    told = run.progress
    if run.state == "running" and told.get("fraction") is not None:
        return min(float(told["fraction"]), 1.0)
    total, tasks = int(told.get("total", 0)), int(told.get("tasks", 0))
    if run.state != "running" or not total:
        return None
    of_this = min(int(told.get("done", 0)) / total, 1.0)
    return min((int(told.get("tasks_done", 0)) + of_this) / tasks, 1.0) if tasks else of_this
