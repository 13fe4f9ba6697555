"""When waiting runs will start: the queue played forward over the workers that serve it.

Places and the work ahead come from one pass over the index of what waits, whatever else the table
holds; the rest is arithmetic.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Min, Q, Sum, Value
from django.db.models.functions import Coalesce, Now

from evaluations.durations import LOOK_BACK
from evaluations.machine import DESK
from evaluations.models import Run, Worker
from evaluations.progress import seconds_left

TYPICAL = """
SELECT queue, (
    SELECT avg(extract(epoch FROM finished_at - started_at)) FROM (
        SELECT finished_at, started_at FROM evaluations_run
        WHERE queue = asked.queue AND lease_token = 1 AND priority = 0 AND state = 'published'
        ORDER BY started_at DESC LIMIT %(most)s
    ) AS recent
) FROM unnest(%(queues)s::text[]) AS asked(queue)
"""
# Queue by queue in the order of the index run_waiting, so that nothing is sorted. A run of unknown length
# counts as the queue's typical one.
PLACES = """
SELECT placed.id, place, ahead, unknown
FROM unnest(%(queues)s::text[], %(seconds)s::float8[]) AS line(queue, typical),
LATERAL (
    SELECT id, row_number() OVER ahead_of_it AS place,
        sum(coalesce(expected_seconds, typical, 0)) OVER ahead_of_it
            - coalesce(expected_seconds, typical, 0) AS ahead,
        count(*) FILTER (WHERE expected_seconds IS NULL) OVER ahead_of_it
            - (expected_seconds IS NULL)::int AS unknown
    FROM evaluations_run AS run
    WHERE run.queue = line.queue AND state = 'queued' AND after_id IS NULL
        AND (not_before IS NULL OR not_before <= now())
    WINDOW ahead_of_it AS (ORDER BY priority DESC, turn, id)
) AS placed WHERE placed.id = ANY(%(ids)s)
"""


class Place(NamedTuple):
    """`position` is 1 for the next one; `ahead` are seconds of work that come first, in them `unknown`
    runs that nobody can time."""

    position: int
    ahead: float
    unknown: int = 0


@dataclass(kw_only=True)
class Line:
    """One queue now. `due` runs wait for a worker, `held_back` ones for something else first.

    `slots` is how many runs its workers can hold at once, `remaining` the seconds that each run at
    work may still take. `typical` seconds of a run; None where none has ever been published.
    """

    queue: str = ""
    due: int = 0
    held_back: int = 0
    oldest: datetime | None = None
    work: float = 0.0
    workers: int = 0
    draining: int = 0
    slots: int = 0
    remaining: list[float] = field(default_factory=list)
    typical: float | None = None
    abilities: list[frozenset[str]] = field(default_factory=list)
    # How many of `due` nobody can time.
    unknown: int = 0

    @property
    def running(self) -> int:
        return len(self.remaining)

    def starts_in(self, place: Place) -> float | None:
        """Seconds until the run at `place` is taken; None where nobody can know.

        The work ahead flows to whichever worker is free first, and the n-th in line starts at the
        latest when the n-th worker is free.
        """
        free = self._free()
        guessed = place.unknown and self.typical is None and place.position > len(free)
        if not free or guessed:
            return None
        level = _level(free, place.ahead)
        return min(level, free[place.position - 1]) if place.position <= len(free) else level

    @property
    def wait(self) -> float | None:
        """Seconds until a run that joined at the end would be taken."""
        return self.starts_in(Place(self.due + 1, self.work, self.unknown))

    def _free(self) -> list[float]:
        """When each of the workers is free, soonest first. Runs at work show that somebody serves the
        queue, even if no worker has said so."""
        slots = self.slots or len(self.remaining)
        idle = max(slots - len(self.remaining), 0)
        return sorted([0.0] * idle + self.remaining)[:slots]


def lines(queue: str = "") -> dict[str, Line]:
    """Every queue in which something waits or runs or could run, by name, or just `queue`; four queries."""
    narrowed = {"queue": queue} if queue else {}
    found: dict[str, Line] = {row["queue"]: Line(**row) for row in _waiting(narrowed)}
    held = Run.objects.filter(state__in=Run.HELD_STATES, **narrowed)
    at_work = list(held.only("state", "queue", "started_at", "expected_seconds", "progress"))
    serving = [
        (worker, name)
        for worker in Worker.objects.alive()
        for name in set(worker.queues) - DESK
        if not queue or name == queue
    ]
    names = {queue or "", *(run.queue for run in at_work), *(name for _, name in serving)} - {""}
    for name in names:
        found.setdefault(name, Line(queue=name))
    _tell_typical(found)
    for run in at_work:
        line, left = found[run.queue], seconds_left(run)
        line.remaining.append((line.typical or 0.0) if left is None else left)
    for worker, name in serving:
        _count(found[name], worker)
    return dict(sorted(found.items()))


def places(ids: Iterable[int], lines: dict[str, Line]) -> dict[int, Place]:
    """Where each of these runs stands; those that wait for something else first stand nowhere. One query."""
    facts: dict[str, Any] = {
        "ids": list(ids),
        "queues": list(lines),
        "seconds": [line.typical for line in lines.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(PLACES, facts)
        return {pk: Place(*place) for pk, *place in cursor.fetchall()}


def _waiting(narrowed: dict[str, str]) -> Iterable[dict[str, Any]]:
    due = Q(after=None) & (Q(not_before=None) | Q(not_before__lte=Now()))
    rows = Run.objects.filter(state="queued", **narrowed).order_by().values("queue")
    counted: Iterable[dict[str, Any]] = rows.annotate(
        due=Count("pk", filter=due),
        held_back=Count("pk", filter=~due),
        unknown=Count("pk", filter=due & Q(expected_seconds=None)),
        oldest=Min("requested_at"),
        work=Coalesce(Sum("expected_seconds", filter=due), Value(0.0)),
    )
    return counted


def _tell_typical(lines: dict[str, Line]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TYPICAL, {"queues": list(lines), "most": LOOK_BACK})
        for name, seconds in cursor.fetchall():
            line = lines[name]
            line.typical = None if seconds is None else float(seconds)
            line.work += line.unknown * (line.typical or 0.0)


def _count(line: Line, worker: Worker) -> None:
    if worker.draining:
        line.draining += 1
        return
    line.workers += 1
    line.slots += worker.processes
    line.abilities.append(frozenset(worker.abilities))


def _level(free: list[float], work: float) -> float:
    """When the last of `work` seconds has been begun by workers that are free at `free` (sorted)."""
    for n, at in enumerate(free[1:], start=1):
        room = n * at - sum(free[:n])
        if work <= room:
            return (work + sum(free[:n])) / n
    return (work + sum(free)) / len(free)
