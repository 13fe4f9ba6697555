"""Against numpy, and against an analysis of variance."""

import math

import numpy as np
import pytest

from evaluations import statistics


def test_the_spread_of_three_runs_by_hand() -> None:
    # Mean 50, deviations -2, 0, 2: sqrt(8 / 2) = 2; sqrt((9 + 16 + 25) / 3) = 4.08.
    found = statistics.spread_of([48, 50, 52], [3, 4, 5])
    assert (found.count, found.mean, found.low, found.high) == (3, 50, 48, 52)
    assert found.between == pytest.approx(2)
    assert found.within == pytest.approx(math.sqrt(50 / 3))


def test_runs_on_other_questions_lie_as_far_apart_as_their_errors_say() -> None:
    generator = np.random.default_rng(6)
    runs = (generator.random((300, 200)) < 0.4).astype(float)
    found = statistics.spread_of(
        runs.mean(axis=1).tolist(), [statistics.standard_error(run.tolist()) for run in runs]
    )
    assert found.between == pytest.approx(found.within, rel=0.1)


def test_what_is_not_known_is_not_guessed() -> None:
    assert statistics.spread_of([0.5], [None]) == statistics.Spread(1, 0.5, 0.5, 0.5, None, None)
    assert statistics.spread_of([0.5, 0.6], [0.1, None]).within is None
    with pytest.raises(ValueError, match="measured"):
        statistics.spread_of([], [])
