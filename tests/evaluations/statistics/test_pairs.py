"""Against scipy, and against examples worked by hand."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS, WLS
from statsmodels.stats import contingency_tables

from evaluations import statistics


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


def test_mcnemars_textbook_example() -> None:
    """Agresti, Categorical Data Analysis, table 10.1: 86 and 150 of 1,600 changed their minds."""
    first = [1.0] * 86 + [0.0] * 150 + [1.0] * 794 + [0.0] * 570
    second = [0.0] * 86 + [1.0] * 150 + [1.0] * 794 + [0.0] * 570
    found = statistics.paired_difference(second, first)
    assert found.delta == pytest.approx(0.04)
    assert (found.higher, found.lower) == (150, 86)
    # sqrt((86 + 150 - 64² / 1600) / 1600²) = 0.009549, and 1,600 for 1,599.
    assert found.stderr == pytest.approx(0.009549 * math.sqrt(1600 / 1599), abs=1e-6)
    assert (found.low, found.high) == pytest.approx((0.0213, 0.0587), abs=1e-3)
    table = [[794, 86], [150, 570]]
    assert found.p_value == pytest.approx(contingency_tables.mcnemar(table, exact=True).pvalue)


def test_a_paired_difference_over_passages_is_clustered() -> None:
    """Ten questions a passage: what looks settled question by question is not."""
    generator = np.random.default_rng(4)
    luck = generator.normal(0.1, 0.25, 20).repeat(10)
    parent = generator.normal(0, 1, 200)
    child = parent + luck + generator.normal(0, 0.05, 200)
    passage = np.arange(200) // 10
    alone = statistics.paired_difference(child.tolist(), parent.tolist())
    found = statistics.paired_difference(child.tolist(), parent.tolist(), clusters=passage.tolist())
    fitted = OLS(child - parent, np.ones(200)).fit(cov_type="cluster", cov_kwds={"groups": passage})
    assert found.stderr == pytest.approx(fitted.bse[0])
    assert found.clusters == 20
    assert found.test == "sign-flip by cluster"
    assert found.delta == alone.delta
    assert alone.p_value < 0.001 < found.p_value
    sums = [float((child - parent)[passage == at].sum()) for at in range(20)]
    assert found.p_value == statistics.sign_flip(np.array(sums))


def test_zeros_and_ones_in_clusters_are_not_thrown_like_coins_of_their_own() -> None:
    child = [1.0] * 10 + [0.0] * 30
    parent = [0.0] * 40
    passage = [0] * 10 + [1] * 10 + [2] * 10 + [3] * 10
    found = statistics.paired_difference(child, parent, clusters=passage)
    assert statistics.mcnemar(child, parent) < 0.01
    assert found.p_value == 1.0


def test_documents_that_weigh_differently_have_the_difference_of_their_weighted_means() -> None:
    generator = np.random.default_rng(2)
    sizes = generator.integers(10, 500, 80).astype(float)
    parent = generator.normal(1, 0.2, 80)
    child = parent - 0.05 + generator.normal(0, 0.02, 80)
    found = statistics.paired_difference(child.tolist(), parent.tolist(), weights=sizes.tolist())
    fitted = WLS(child - parent, np.ones(80), weights=sizes).fit(cov_type="HC1")
    assert found.delta == pytest.approx(fitted.params[0])
    assert found.stderr == pytest.approx(fitted.bse[0])
    assert found.test == "sign-flip"
    assert found.p_value < 0.001
