"""Which ranks may be anybody's."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluations.statistics.intervals import Z95


def rank_intervals(
    averages: Sequence[float], stderrs: Sequence[float], *, z: float = Z95
) -> list[tuple[int, int]]:
    """Best and worst rank each may hold: only disjoint intervals `average ± z stderr` settle an order.

    Costs n log n. actions/rank.py says the same in SQL; a test holds the two together.
    """
    mean: NDArray[Any] = np.asarray(averages, dtype=np.float64)
    half = z * np.asarray(stderrs, dtype=np.float64)
    lows, highs = np.sort(mean - half), np.sort(mean + half)
    surely_better = len(mean) - np.searchsorted(lows, mean + half, side="right")
    surely_worse = np.searchsorted(highs, mean - half, side="left")
    worst = len(mean) - surely_worse
    return [(int(b) + 1, int(w)) for b, w in zip(surely_better, worst, strict=True)]
