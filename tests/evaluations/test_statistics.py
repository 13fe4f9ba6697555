"""Against scipy, and against examples worked by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from evaluations import statistics


def test_the_standard_error_is_that_of_scipy() -> None:
    outcomes = [0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.5]
    assert statistics.standard_error(outcomes) == pytest.approx(stats.sem(outcomes))


def test_one_sample_has_no_standard_error() -> None:
    assert statistics.standard_error([1.0]) is None


def test_a_weighted_average_by_hand() -> None:
    # (3·80 + 1·40) / 4 = 70; sqrt((0.75·2)² + (0.25·4)²) = sqrt(2.25 + 1) = 1.8028
    mean, error = statistics.weighted_average([80, 40], [2, 4], [3, 1])
    assert mean == pytest.approx(70)
    assert error == pytest.approx(math.sqrt(3.25))


def test_an_unknown_error_stays_unknown_unless_it_weighs_nothing() -> None:
    assert statistics.weighted_average([80, 40], [2, None], [1, 1])[1] is None
    assert statistics.weighted_average([80, 40], [2, None], [1, 0]) == (80, 2)


def test_weights_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="weights"):
        statistics.weighted_average([1], [1], [0])


def test_the_normal_interval_is_that_of_scipy() -> None:
    assert statistics.normal_interval(0.5, 0.1) == pytest.approx(
        stats.norm.interval(0.95, loc=0.5, scale=0.1)
    )


def test_mcnemar_is_the_binomial_test_on_the_discordant_pairs() -> None:
    # 10 samples only the child got right, 2 only the parent: exact p = 0.03857.
    child = [1.0] * 10 + [0.0] * 2 + [1.0] * 30
    parent = [0.0] * 10 + [1.0] * 2 + [1.0] * 30
    assert statistics.mcnemar(child, parent) == pytest.approx(stats.binomtest(10, 12).pvalue)
    assert statistics.mcnemar(child, parent) == pytest.approx(0.03857421875)
    assert statistics.mcnemar(parent, parent) == 1.0
    assert statistics.mcnemar([1.0, 0.0], [0.0, 1.0]) == 1.0


def test_a_paired_difference_is_that_of_scipys_paired_test() -> None:
    child, parent = [1.0, 1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0, 1.0]
    got = statistics.paired_difference(child, parent)
    assert got.delta == pytest.approx(0.4)
    gaps = np.subtract(child, parent)
    assert got.stderr == pytest.approx(stats.sem(gaps))
    assert got.n == 5
    assert got.test.startswith("McNemar")
    assert not got.sure


def test_pairing_sees_what_two_intervals_cannot() -> None:
    generator = np.random.default_rng(1)
    parent = generator.normal(0.0, 1.0, 400)
    child = parent + 0.05 + generator.normal(0.0, 0.1, 400)
    got = statistics.paired_difference(child.tolist(), parent.tolist())
    assert got.sure
    assert got.test == "sign-flip"
    assert got.p_value < 0.01
    apart = math.hypot(stats.sem(child), stats.sem(parent))
    assert abs(got.delta) < 1.96 * apart


def test_the_sign_flip_test_agrees_with_scipy_and_with_itself() -> None:
    gaps = np.random.default_rng(7).normal(0.3, 1.0, 40)
    exact = stats.permutation_test(
        (gaps, np.zeros_like(gaps)), lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples", n_resamples=20_000, vectorized=True,
        rng=np.random.default_rng(3),
    ).pvalue  # fmt: skip
    assert statistics.sign_flip(gaps) == pytest.approx(exact, abs=0.02)
    assert statistics.sign_flip(gaps) == statistics.sign_flip(gaps)


def test_different_samples_cannot_be_paired() -> None:
    for child, parent in (([1.0], [1.0, 0.0]), ([], [])):
        with pytest.raises(ValueError, match="same samples"):
            statistics.paired_difference(child, parent)


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
