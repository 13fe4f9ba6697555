"""Against scipy and statsmodels, and against published numbers."""

import tracemalloc
from typing import Any, Literal

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from evaluations import statistics

SKEWED = np.random.default_rng(11).exponential(1.0, 40)


def test_the_normal_interval_is_that_of_scipy() -> None:
    assert statistics.normal_interval(0.5, 0.1) == pytest.approx(
        stats.norm.interval(0.95, loc=0.5, scale=0.1)
    )


@pytest.mark.parametrize(("right", "n"), [(0, 30), (15, 30), (30, 30), (1, 198), (81, 263)])
def test_the_wilson_interval_is_that_of_statsmodels(right: int, n: int) -> None:
    expected = proportion_confint(right, n, method="wilson")
    assert statistics.wilson_interval(right / n, n) == pytest.approx(expected, abs=1e-12)


def test_the_wilson_interval_of_newcombe_1998() -> None:
    """Table I of Newcombe (Statistics in Medicine 17:857): 81 of 263 and 0 of 20."""
    assert statistics.wilson_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert statistics.wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_the_bootstrap_of_a_mean_is_that_of_scipy(method: Literal["percentile", "bca"]) -> None:
    expected = stats.bootstrap(
        (SKEWED,), np.mean, n_resamples=20_000, method=method, rng=np.random.default_rng(2)
    ).confidence_interval
    found = statistics.bootstrap_interval(SKEWED.tolist(), method=method, draws=20_000)
    assert found == pytest.approx((expected.low, expected.high), abs=0.015)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_the_bootstrap_of_a_ratio_is_that_of_scipy(method: Literal["percentile", "bca"]) -> None:
    sizes = np.random.default_rng(4).integers(1, 9, len(SKEWED)).astype(float)

    def ratio(values: Any, weights: Any, axis: int = -1) -> Any:
        return np.sum(np.multiply(values, weights), axis=axis) / np.sum(weights, axis=axis)

    expected = stats.bootstrap(
        (SKEWED, sizes), ratio, paired=True, n_resamples=20_000, method=method,
        vectorized=True, rng=np.random.default_rng(2),
    ).confidence_interval  # fmt: skip
    found = statistics.bootstrap_interval(
        SKEWED.tolist(), weights=sizes.tolist(), method=method, draws=20_000
    )
    assert found == pytest.approx((expected.low, expected.high), abs=0.02)


def test_bca_leans_the_way_the_samples_do() -> None:
    plain = statistics.bootstrap_interval(SKEWED.tolist(), method="percentile")
    corrected = statistics.bootstrap_interval(SKEWED.tolist())
    assert corrected[0] > plain[0]
    assert corrected[1] > plain[1]


def test_whole_clusters_are_drawn() -> None:
    outcomes = np.random.default_rng(7).normal(0, 1, 40).repeat(10).tolist()
    passage = [number for number in range(40) for _ in range(10)]
    low, high = statistics.bootstrap_interval(outcomes, clusters=passage)
    error = statistics.clustered_error(outcomes, passage)
    assert error is not None
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.1)
    alone = statistics.bootstrap_interval(outcomes)
    assert high - low > 2.5 * (alone[1] - alone[0])


def test_the_bootstrap_says_the_same_twice_and_has_nothing_to_say_of_nothing() -> None:
    again = [statistics.bootstrap_interval(SKEWED.tolist()) for _ in range(2)]
    assert again[0] == again[1]
    assert statistics.bootstrap_interval([1.0, 1.0, 1.0]) == (1.0, 1.0)
    assert statistics.bootstrap_interval([0.5]) == (0.5, 0.5)
    with pytest.raises(ValueError, match="nothing to draw"):
        statistics.bootstrap_interval([])


def test_the_bootstrap_of_many_samples_holds_a_few_of_its_draws_at_a_time() -> None:
    outcomes = np.random.default_rng(1).random(20_000).tolist()
    tracemalloc.start()
    try:
        statistics.bootstrap_interval(outcomes, draws=500)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # All 500 draws at once would be 80 MB of positions and 160 MB of values.
    assert peak < 80e6
