"""The public queue as its page shows it: what runs, what waits in which order, and for what."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from evaluations.forecast import Line, places
from evaluations.models import Run, RunItem, Vote
from evaluations.permissions import Visitor, may_vote
from evaluations.progress import Progress, progress_of
from evaluations.shares import Holder, holders
from evaluations.turns import shares_of
from evaluations.waiting import Wait, waits
from hub.keyset import Key
from hub.models import User

# The index run_waiting, so that a page of it costs the page.
ORDER = (Key("queue"), Key("priority", descending=True), Key("turn"), Key("pk"))


@dataclass(frozen=True, kw_only=True)
class Voting:
    """How many want a run to come sooner, whether the visitor is one of them, and whether they may."""

    count: int
    mine: bool
    may: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """A run that waits (`wait`, `voting`), is at work (`progress`) or has ended. `holder` is whose turn
    it took; None where that is who asked for it."""

    run: Run
    holder: Holder | None
    wait: Wait | None = None
    voting: Voting | None = None
    progress: Progress | None = None


def listed() -> "QuerySet[Run]":
    """Runs with all that a row shows; two queries."""
    items = RunItem.objects.select_related("recipe__benchmark_version__benchmark")
    return (
        Run.objects.select_related("checkpoint__variant", "requested_by")
        .prefetch_related(Prefetch("items", items))
        .defer("log_tail", "checkpoint__files")
    )


def rows(runs: Iterable[Run], lines: dict[str, Line], visitor: Visitor) -> list[Row]:
    """At most five queries, however many runs."""
    shown = list(runs)
    waiting = [run for run in shown if run.state == "queued"]
    placed = places([run.pk for run in waiting], lines) if waiting else {}
    votes = votings(waiting, visitor) if waiting else {}
    known = holders(run.share for run in shown)
    return [
        Row(
            run=run,
            holder=_holder(run, known),
            wait=waits(run, lines[run.queue], placed.get(run.pk)) if run.pk in votes else None,
            voting=votes.get(run.pk),
            progress=progress_of(run),
        )
        for run in shown
    ]


def votings(runs: Iterable[Run], visitor: Visitor) -> dict[int, Voting]:
    """By run; two queries."""
    shown = list(runs)
    cast: Any = Vote.objects.filter(run__in=shown).order_by().values_list("run")
    mine = Count("pk", filter=Q(person=visitor.pk))
    counted = {pk: (n, bool(own)) for pk, n, own in cast.annotate(n=Count("pk"), own=mine)}
    shares = shares_of(visitor) if isinstance(visitor, User) else frozenset()
    found = {}
    for run in shown:
        count, own = counted.get(run.pk, (0, False))
        found[run.pk] = Voting(count=count, mine=own, may=may_vote(visitor, run, shares))
    return found


def _holder(run: Run, known: dict[str, Holder]) -> Holder | None:
    own = run.share in ("", f"person:{run.requested_by_id}")
    return None if own else known.get(run.share)
