"""Against scipy and statsmodels, and against examples worked by hand."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS, WLS

from evaluations import statistics


def passages(
    groups: int, each: int, *, shared: float, seed: int = 0
) -> tuple[list[float], list[str]]:
    """Outcomes of `each` questions on each of `groups` passages; `shared` is how much the passage decides."""
    generator = np.random.default_rng(seed)
    ease = generator.normal(0, shared, groups).repeat(each)
    outcomes = (generator.normal(0, 1, groups * each) + ease > 0).astype(float)
    return outcomes.tolist(), [f"passage {number // each}" for number in range(groups * each)]


def test_the_standard_error_is_that_of_scipy() -> None:
    outcomes = [0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.5]
    assert statistics.standard_error(outcomes) == pytest.approx(stats.sem(outcomes))


def test_one_sample_or_one_cluster_has_no_standard_error() -> None:
    assert statistics.standard_error([1.0]) is None
    assert statistics.standard_error([]) is None
    assert statistics.clustered_error([1.0, 0.0, 1.0], ["a", "a", "a"]) is None


def test_ten_questions_a_passage_have_the_error_that_statsmodels_gives_them() -> None:
    outcomes, clusters = passages(40, 10, shared=1.5)
    numbers = [int(name.split()[1]) for name in clusters]
    fitted = OLS(outcomes, np.ones(len(outcomes))).fit(
        cov_type="cluster", cov_kwds={"groups": numbers}
    )
    clustered = statistics.clustered_error(outcomes, clusters)
    assert clustered == pytest.approx(fitted.bse[0], rel=1e-12)
    # Taken as independent, the same 400 answers look more than twice as sure as they are.
    alone = statistics.standard_error(outcomes)
    assert clustered is not None
    assert alone is not None
    assert clustered > 2 * alone


def test_the_clustered_error_is_what_repeating_the_benchmark_would_show() -> None:
    """The spread of means over 400 benchmarks of other passages, found without any formula."""
    drawn = [passages(40, 10, shared=1.5, seed=seed) for seed in range(400)]
    spread = np.std([np.mean(outcomes) for outcomes, _ in drawn], ddof=1)
    errors = [statistics.clustered_error(*one) for one in drawn]
    alone = [statistics.standard_error(one[0]) for one in drawn]
    assert np.mean(np.array(errors, dtype=float)) == pytest.approx(spread, rel=0.1)
    assert np.mean(np.array(alone, dtype=float)) < 0.5 * spread


def test_the_formula_of_miller_2024() -> None:
    """Equation 4 of arXiv 2411.00640, which leaves the factor for few clusters out."""
    outcomes, clusters = passages(60, 5, shared=1.0)
    gaps = np.array(outcomes) - np.mean(outcomes)
    same = np.equal.outer(clusters, clusters)
    within = (np.outer(gaps, gaps) * same).sum() / len(outcomes) ** 2
    expected = math.sqrt(within * 60 / 59)
    assert statistics.clustered_error(outcomes, clusters) == pytest.approx(expected)


def test_clusters_of_one_are_no_clusters() -> None:
    outcomes = [0.1, 0.9, 0.4, 0.4, 1.0]
    assert statistics.clustered_error(outcomes, list("abcde")) == pytest.approx(
        statistics.standard_error(outcomes)
    )


def test_k_answers_a_question_have_the_error_of_the_questions_means() -> None:
    """64 answers to each of 30 questions are 30 samples and not 1,920."""
    answers = np.random.default_rng(3).random((30, 64)) < np.linspace(0, 1, 30)[:, None]
    flat = answers.astype(float).ravel().tolist()
    question = [number for number in range(30) for _ in range(64)]
    expected = stats.sem(answers.mean(axis=1))
    assert statistics.clustered_error(flat, question) == pytest.approx(expected)
    assert expected > 4 * stats.sem(flat)


def test_a_weighted_mean_has_the_error_of_a_ratio() -> None:
    """Bits per byte: documents weigh what they are long."""
    generator = np.random.default_rng(5)
    sizes = generator.integers(20, 400, 300).astype(float)
    values = generator.normal(0.3, 0.05, 300)
    robust = WLS(values, np.ones(300), weights=sizes).fit(cov_type="HC1")
    assert statistics.standard_error(values.tolist(), sizes.tolist()) == pytest.approx(
        robust.bse[0], rel=1e-12
    )
    groups = np.arange(300) // 10
    clustered = WLS(values, np.ones(300), weights=sizes).fit(
        cov_type="cluster", cov_kwds={"groups": groups}
    )
    assert statistics.clustered_error(
        values.tolist(), groups.tolist(), sizes.tolist()
    ) == pytest.approx(clustered.bse[0], rel=1e-12)


def test_a_sample_without_cluster_or_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="its cluster"):
        statistics.clustered_error([1.0, 0.0], ["a"])
    with pytest.raises(ValueError, match="its weight"):
        statistics.standard_error([1.0, 0.0], [2.0])


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
