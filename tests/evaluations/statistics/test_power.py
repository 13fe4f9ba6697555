"""Against statsmodels, and against the examples of Miller 2024 (arXiv 2411.00640, section 5)."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import normal_sample_size_one_tail, zt_ind_solve_power

from evaluations import statistics


def test_how_many_questions_find_three_points_is_millers_969() -> None:
    """ω² = 1/9 between questions, no noise in the answers, 80 % power at 5 %."""
    assert statistics.required_n(0.03, math.sqrt(1 / 9)) == 969


def test_198_questions_find_no_less_than_thirteen_points_with_one_answer_each() -> None:
    """ω² = 1/9 and σ² = 1/6 for each model: with ten answers a question 7.6 points are enough."""
    one, ten = (math.sqrt(1 / 9 + 2 * (1 / 6) / answers) for answers in (1, 10))
    assert statistics.minimum_detectable_difference(198, one) == pytest.approx(0.133, abs=5e-4)
    assert statistics.minimum_detectable_difference(198, ten) == pytest.approx(0.0757, abs=5e-4)


def test_unpaired_power_is_that_of_statsmodels() -> None:
    spread = statistics.spread_of_difference(0.5, 0.5)
    found = statistics.minimum_detectable_difference(500, spread)
    effect = zt_ind_solve_power(nobs1=500, alpha=0.05, power=0.8, ratio=1)
    assert found == pytest.approx(effect * 0.5, rel=1e-4)


def test_the_samples_needed_are_those_of_statsmodels() -> None:
    # Two-sided at 5 % is one-sided at 2.5 %, but for a chance of one in a hundred thousand.
    expected = normal_sample_size_one_tail(0.02, 0.9, 0.025, 0.4)
    assert statistics.required_n(0.02, 0.4, power=0.9) == math.ceil(expected)


def test_pairing_wins_what_the_answers_have_in_common() -> None:
    apart = statistics.spread_of_difference(0.5, 0.4)
    assert apart == pytest.approx(math.hypot(0.5, 0.4))
    assert statistics.spread_of_difference(0.5, 0.5, correlation=0.75) == pytest.approx(
        math.sqrt(0.125)
    )
    assert statistics.spread_of_difference(0.5, 0.5, correlation=1.0) == 0
    paired = np.random.default_rng(0).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 200_000)
    assert statistics.spread_of_difference(1, 1, correlation=0.6) == pytest.approx(
        np.std(paired[:, 0] - paired[:, 1]), rel=0.01
    )


def test_a_difference_of_that_size_is_found_four_times_in_five() -> None:
    """By drawing the evaluation 4,000 times."""
    n, spread = 100, 0.5
    real = statistics.minimum_detectable_difference(n, spread)
    means = np.random.default_rng(8).normal(real, spread, (4000, n)).mean(axis=1)
    found = np.abs(means) > stats.norm.ppf(0.975) * spread / math.sqrt(n)
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_n_and_difference_undo_each_other() -> None:
    difference = statistics.minimum_detectable_difference(300, 0.5)
    assert statistics.required_n(difference, 0.5) in {300, 301}
    with pytest.raises(ValueError, match="nothing"):
        statistics.required_n(0, 0.5)
