"""Workers as their pages and the API show them: what each has, what it does now, what it is shut into."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Now

from evaluations import machine
from evaluations.confined import Part, parts_of
from evaluations.models import Run, Worker
from hub.lease import from_now

RUNS_SHOWN: Final = 20


@dataclass(frozen=True, kw_only=True)
class Row:
    """`status` is working, idle, draining, stopped or gone; `holding` is what it measures now."""

    worker: Worker
    status: str
    holding: tuple[Run, ...]
    confinement: tuple[Part, ...]

    @property
    def evaluates(self) -> bool:
        return machine.evaluates(tuple(self.worker.queues))

    @property
    def open_parts(self) -> list[Part]:
        return [part for part in self.confinement if not part.holds]


def workers() -> "QuerySet[Worker]":
    """Those that are there first. `is_alive` is decided on the database's clock."""
    alive = When(stopped_at=None, seen_at__gte=from_now(-settings.LEASE_SECONDS), then=Value(True))
    marked = Worker.objects.annotate(is_alive=Case(alive, default=Value(False)), now=Now())
    return marked.select_related("drained_by").order_by("-is_alive", "name")


def rows_of(found: Iterable[Worker]) -> list[Row]:
    """One query more, however many workers."""
    listed = list(found)
    held = Run.objects.filter(state__in=Run.HELD_STATES, worker__in=[each.name for each in listed])
    by_worker: dict[str, list[Run]] = {}
    for run in held.select_related("checkpoint__variant").defer("log_tail", "checkpoint__files"):
        by_worker.setdefault(run.worker, []).append(run)
    return [_row(each, tuple(by_worker.get(each.name, ()))) for each in listed]


def _row(worker: Worker, holding: tuple[Run, ...]) -> Row:
    return Row(
        worker=worker,
        status=_status(worker, busy=bool(holding)),
        holding=holding,
        confinement=parts_of(worker.confinement),
    )


def _status(worker: Worker, *, busy: bool) -> str:
    if worker.stopped_at is not None:
        return "stopped"
    if not getattr(worker, "is_alive", False):
        return "gone"
    if worker.draining:
        return "draining"
    return "working" if busy else "idle"


def last_runs(worker: Worker) -> "QuerySet[Run]":
    runs = Run.objects.filter(worker=worker.name, state__in=Run.terminal_states())
    return (
        runs.select_related("checkpoint__variant", "requested_by")
        .prefetch_related("items__recipe__benchmark_version__benchmark")
        .defer("log_tail", "checkpoint__files")
        .order_by("-pk")[:RUNS_SHOWN]
    )
