"""What a newer scorer moved: score by score, and rank by rank on each board.

As JSON in Rescoring.report: {"refused": [{"score", "variant", "commit", "why"}], "anew": [the same],
"pairs": [[board before, board after]], "scores": {"n", "up", "down", "same"}, "moved": [Moved],
"boards": [{"slug", "title", "before", "after" (versions), "moved": [Ranked], "count", "left_out"}]}.
Moved is {"score", "was" (ids), "variant", "commit", "value": [before, after], "delta", "low", "high",
"sure" (zero is left out), "higher", "lower" (samples), "n"}; Ranked {"variant", "rank": [before,
after], "average": [before, after]}.
Of lists of what moved the first MOST_TOLD stand there, what moved most first.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evaluations.models import Board, Recipe, Samples, Score, Standing
from evaluations.statistics import clustered_error
from evaluations.statistics.intervals import normal_interval

MOST_TOLD = 200
# How many scores' outcomes are in memory at once.
CHUNK = 50

Facts = dict[str, Any]


def moves(old: Recipe, new: Recipe, pairs: Iterable[tuple[Board, Board]]) -> Facts:
    """The parts "scores", "moved" and "boards" of a report. The boards are ranked."""
    told = list(_scores(old, new))
    signs = [_direction(each) for each in told]
    told.sort(key=lambda each: -abs(each["value"][1] - each["value"][0]))
    return {
        "scores": {
            "n": len(told),
            "up": signs.count(1),
            "down": signs.count(-1),
            "same": signs.count(0),
        },
        "moved": [each for each in told if each["higher"] or each["lower"] or _direction(each)][
            :MOST_TOLD
        ],
        "boards": [_board(before, after) for before, after in pairs],
    }


def _direction(each: Facts) -> int:
    before, after = (float(value) for value in each["value"])
    return (after > before) - (after < before)


def _scores(old: Recipe, new: Recipe) -> Iterator[Facts]:
    made = Score.objects.filter(recipe=new, rescore_of__recipe=old)
    made = made.select_related("checkpoint__variant", "rescore_of").defer("checkpoint__files")
    scores = list(made.order_by("pk"))
    for start in range(0, len(scores), CHUNK):
        chunk = scores[start : start + CHUNK]
        ids = [score.pk for score in chunk] + [score.rescore_of_id for score in chunk]
        kept = {each.score_id: each for each in Samples.objects.filter(score__in=ids)}
        for score in chunk:
            yield _moved(score, kept)


def _moved(score: Score, kept: Mapping[int, Samples]) -> Facts:
    was = score.rescore_of
    assert was is not None  # noqa: S101
    return {
        "score": score.pk,
        "was": was.pk,
        "variant": str(score.checkpoint.variant),
        "commit": score.checkpoint.commit[:12],
        "value": [was.value, score.value],
        "n": score.n,
        **_difference(score.value - was.value, kept.get(was.pk), kept.get(score.pk)),
    }


def _difference(gap: float, before: Samples | None, after: Samples | None) -> Facts:
    """After less before on the same answers, with its 95 % interval; without one where the mean of
    the samples is not the score."""
    found: Facts = {"delta": gap, "low": None, "high": None, "sure": False}
    found |= {"higher": 0, "lower": 0}
    if before is None or after is None or len(before.outcomes) != len(after.outcomes):
        return found
    gaps = [new - old for old, new in zip(before.outcomes, after.outcomes, strict=True)]
    found |= {"higher": sum(each > 0 for each in gaps), "lower": sum(each < 0 for each in gaps)}
    if (
        not gaps
        or after.weights
        or not math.isclose(math.fsum(gaps) / len(gaps), gap, abs_tol=1e-6)
    ):
        return found
    low, high = normal_interval(gap, clustered_error(gaps, after.clusters) or 0.0)
    return found | {"low": low, "high": high, "sure": low > 0 or high < 0}


def _board(before: Board, after: Board) -> Facts:
    was, now = _standings(before), _standings(after)
    rows: list[Facts] = [
        {
            "variant": f"{owner}/{name}",
            "rank": [was_rank, now_rank],
            "average": [was_average, now_average],
        }
        for owner, name in {**was, **now}
        for was_rank, was_average in [was.get((owner, name), (None, None))]
        for now_rank, now_average in [now.get((owner, name), (None, None))]
    ]
    moved = [row for row in rows if row["rank"][0] != row["rank"][1]]
    moved.sort(key=lambda row: (-_distance(row["rank"]), row["variant"]))
    return {
        "slug": after.slug,
        "title": after.title,
        "before": before.version,
        "after": after.version,
        "count": len(moved),
        "of": len(rows),
        "left_out": sum(row["rank"][0] is not None and row["rank"][1] is None for row in rows),
        "moved": moved[:MOST_TOLD],
    }


def _distance(ranks: list[int | None]) -> float:
    """Who lost or won a place at all moved farthest."""
    before, after = ranks
    return math.inf if before is None or after is None else abs(after - before)


def _standings(board: Board) -> dict[tuple[str, str], tuple[int | None, float | None]]:
    """By owner and name: rank and average."""
    rows = Standing.objects.filter(board=board).order_by("place", "pk")
    return {
        (owner, name): (rank, average)
        for owner, name, rank, average in rows.values_list("owner", "name", "rank", "average")
    }
