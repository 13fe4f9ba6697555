"""Which samples of a score, in which order: found from the outcomes alone, without any answer.

Scores never change, so what was found is remembered by the process, in bounded memory: a page of a
million samples then costs what a page of a thousand does. The first look at a million costs 0.1 s.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from evaluations.models import Score

# A million samples take 12 MB with their order by outcome, and 20 MB beside another score.
REMEMBERED_BYTES = 64 << 20
# PostgreSQL's binary array: this many bytes of header, then a length before each number.
HEADER = 20
ELEMENT = np.dtype([("length", ">i4"), ("value", ">f8")])

Floats = NDArray[np.float64]
Show = Literal["all", "right", "partly", "wrong", "gained", "lost", "changed"]
ALONE: tuple[Show, ...] = ("all", "right", "partly", "wrong")
BESIDE: tuple[Show, ...] = ("gained", "lost", "changed")
Sort = Literal["document", "best", "worst"]


class NotComparable(ValueError):
    """The two did not answer the same samples under the same recipe."""


@dataclass(frozen=True)
class Listing:
    """Documents by number, in reading order. `counts` says how many each way to look at them shows."""

    order: NDArray[np.uint32]
    outcomes: Floats
    others: Floats | None
    counts: dict[Show, int]


@dataclass(frozen=True)
class Slice:
    """A page of a listing; `first` is the place of its first document, from 1."""

    indices: list[int]
    first: int
    has_previous: bool
    has_next: bool


def read_listing(
    score: Score,
    *,
    show: Show = "all",
    against: Score | None = None,
    sort: Sort = "document",
    documents: int = 0,
) -> Listing:
    """Raises NotComparable. At most three queries; none for what this process was asked before.

    `documents` is how many there are where the metric has no outcomes: all of them, in their order.
    """
    higher = score.recipe.benchmark_version.higher_is_better
    mine = _outcomes(score)
    if not len(mine) and documents and against is None and show not in BESIDE:
        return Listing(np.arange(documents, dtype=np.uint32), mine, None, {"all": documents})
    others = None
    if against is not None:
        if not _alike(score, against):
            raise NotComparable
        others = _outcomes(against)
    elif show in BESIDE:
        raise NotComparable
    key = ("order", *_name(score), *(_name(against) if against else ()), show, sort)
    order = _remember(key, lambda: _order(mine, others, show, sort, higher=higher))
    key = ("counts", *_name(score), *(_name(against) if against else ()))
    counts = _remember(
        key,
        lambda: np.array(
            [
                int(mask.sum())
                if (mask := _mask(mine, others, one, higher=higher)) is not None
                else -1
                for one in (*ALONE, *BESIDE)
            ]
        ),
    )
    told = zip((*ALONE, *BESIDE), counts.tolist(), strict=True)
    return Listing(order, mine, others, {name: count for name, count in told if count >= 0})


def page_of(
    listing: Listing, *, after: int | None = None, before: int | None = None, size: int = 25
) -> Slice:
    """The documents behind `after`, or those up to `before`; from the start where neither is there."""
    order = listing.order
    if before is not None:
        end = place_of(listing, before)
        start = max(0, end - size)
    else:
        start = 0 if after is None else place_of(listing, after) + 1
        end = start + size
    indices = order[start:end].tolist()
    return Slice(indices, start + 1 if indices else 0, start > 0, start + len(indices) < len(order))


def place_of(listing: Listing, index: int) -> int:
    """Where a document stands; -1 where it is not in the listing."""
    found = np.flatnonzero(listing.order == index)
    return int(found[0]) if len(found) else -1


def _mask(
    mine: Floats, others: Floats | None, show: Show, *, higher: bool
) -> NDArray[np.bool_] | None:
    """None where that way to look makes no sense: outcomes that are no shares of being right."""
    if show == "all":
        return np.ones(len(mine), dtype=bool)
    if show in BESIDE:
        if others is None:
            return None
        gaps: Floats = (mine - others) * (1 if higher else -1)
        changed: NDArray[np.bool_] = gaps != 0
        return {"gained": gaps > 0, "lost": gaps < 0}.get(show, changed)
    if not higher or (len(mine) and (mine.min() < 0 or mine.max() > 1)):
        return None
    shares: dict[Show, NDArray[np.bool_]] = {"right": mine == 1, "wrong": mine == 0}
    return shares.get(show, (mine > 0) & (mine < 1))


def _order(
    mine: Floats, others: Floats | None, show: Show, sort: Sort, *, higher: bool
) -> NDArray[np.uint32]:
    mask = _mask(mine, others, show, higher=higher)
    found = np.arange(len(mine)) if mask is None else np.flatnonzero(mask)
    if sort != "document":
        values = mine[found] * (1 if (sort == "worst") == higher else -1)
        found = found[np.argsort(values, kind="stable")]
    return found.astype(np.uint32)


def _outcomes(score: Score) -> Floats:
    return _remember(("outcomes", *_name(score)), lambda: _read(score.pk))


def _read(score: int) -> Floats:
    """The array as PostgreSQL sends it: for a million, 20 ms instead of 400 as a list."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_send(outcomes) FROM evaluations_samples WHERE score_id = %s", [score]
        )
        row = cursor.fetchone()
    if row is None:
        return np.empty(0)
    return np.frombuffer(bytes(row[0])[HEADER:], ELEMENT)["value"].astype(np.float64)


def _alike(score: Score, other: Score) -> bool:
    """Whether both answered the same documents in the same order; compared in the database, once.

    A score and what a newer scorer made of it have the same answers: only what is right may have
    changed in the documents, which changes their hashes.
    """
    if score.metric != other.metric:
        return False
    rescored = score.rescore_of_id == other.pk or other.rescore_of_id == score.pk

    def compared() -> NDArray[np.bool_]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (%s OR mine.doc_hashes = other.doc_hashes) AND cardinality(mine.outcomes) > 0 "
                "AND cardinality(mine.outcomes) = cardinality(other.outcomes) "
                "FROM evaluations_samples mine, evaluations_samples other "
                "WHERE mine.score_id = %s AND other.score_id = %s",
                [rescored, score.pk, other.pk],
            )
            row = cursor.fetchone()
        return np.array([bool(row and row[0])])

    return bool(_remember(("alike", *_name(score), *_name(other)), compared)[0])


# --- What the process remembers -----------------------------------------------------------------

_known: "OrderedDict[tuple[Any, ...], NDArray[Any]]" = OrderedDict()
_lock = threading.Lock()


def _name(score: Score) -> Sequence[Any]:
    """The time is in it because a database may be emptied under a process that stays."""
    return score.pk, score.recorded_at


def _remember(key: tuple[Any, ...], make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    made = make()
    made.setflags(write=False)
    with _lock:
        _known[key] = made
        while len(_known) > 1 and sum(each.nbytes for each in _known.values()) > REMEMBERED_BYTES:
            _known.popitem(last=False)
    return made
