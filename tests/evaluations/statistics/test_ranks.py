"""By hand, and by counting."""

import numpy as np

from evaluations import statistics


def test_rank_intervals_by_hand() -> None:
    # 90 ± 2 and 88 ± 2 overlap, 80 ± 2 stands apart from both.
    got = statistics.rank_intervals([90, 88, 80], [1, 1, 1], z=2)
    assert got == [(1, 2), (1, 2), (3, 3)]


def test_rank_intervals_by_counting_pairs() -> None:
    generator = np.random.default_rng(5)
    mean = generator.normal(50, 10, 60)
    error = generator.uniform(0.1, 4, 60)
    low, high = mean - statistics.Z95 * error, mean + statistics.Z95 * error
    expected = [
        (1 + int((low > high[i]).sum()), 60 - int((high < low[i]).sum())) for i in range(60)
    ]
    assert statistics.rank_intervals(mean.tolist(), error.tolist()) == expected


def test_nobody_has_no_intervals() -> None:
    assert statistics.rank_intervals([], []) == []
