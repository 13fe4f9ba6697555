"""How sure a score is, in numbers and in words."""

import pytest
from django.test import Client
from statsmodels.stats.proportion import proportion_confint

from evaluations.certainty import bootstrapped, interval_of, words_of
from evaluations.statistics import standard_error
from tests.evaluations.worlds import answered
from tests.factories import make_benchmark_version, make_checkpoint, make_recipe, make_score

pytestmark = pytest.mark.django_db


def test_a_share_of_independent_samples_has_wilsons_interval() -> None:
    recipe = make_recipe()
    error = (0.9 * 0.1 / 200) ** 0.5
    score = make_score(make_checkpoint(), recipe, 0.9, stderr=error, n=200)
    expected = proportion_confint(180, 200, method="wilson")
    assert interval_of(score, recipe.benchmark_version) == pytest.approx(expected, abs=1e-9)


def test_clusters_count_for_fewer_samples_and_a_perfect_score_is_not_certain() -> None:
    recipe = make_recipe()
    clustered = make_score(make_checkpoint(), recipe, 0.9, stderr=0.05, n=200)
    expected = proportion_confint(0.9 * 36, 36, method="wilson")
    assert interval_of(clustered, recipe.benchmark_version) == pytest.approx(expected, abs=1e-9)
    perfect = make_score(make_checkpoint(), recipe, 1.0, stderr=0.0, n=30)
    ends = interval_of(perfect, recipe.benchmark_version)
    assert ends == pytest.approx(proportion_confint(30, 30, method="wilson"), abs=1e-9)


def test_other_units_have_a_normal_interval_and_unknown_errors_none() -> None:
    version = make_benchmark_version("prose", unit="bits per byte", upper_bound=None)
    recipe = make_recipe(version)
    score = make_score(make_checkpoint(), recipe, 0.8, stderr=0.1)
    assert interval_of(score, version) == pytest.approx((0.604, 0.996), abs=1e-4)
    unknown = make_score(make_checkpoint(), recipe, 0.8)
    assert interval_of(unknown, version) is None
    assert words_of(unknown, version) == "Its standard error is not known."


def test_words_say_over_what_the_error_is() -> None:
    recipe = make_recipe()
    score = make_score(
        make_checkpoint(), recipe, 0.5, stderr=0.05, n=200, clusters=80, stderr_kind="clustered"
    )
    assert words_of(score, recipe.benchmark_version) == (
        "± is one standard error over 80 clusters (200 samples); 95 % interval 40.4 to 59.6 %."
    )


def test_the_api_tells_both_intervals_and_what_stands_beside(client: Client) -> None:
    outcomes = [1.0] * 30 + [0.0] * 10
    passages = [f"passage {number // 4}" for number in range(40)]
    score = answered(make_checkpoint(), make_recipe(), outcomes, clusters=passages)
    score.also = {"truncated,none": 0.25}
    score.save(update_fields=["also"])
    found = client.get(f"/api/v1/scores/{score.pk}/").json()
    assert found["also"] == {"truncated,none": 0.25}
    assert found["samples"]["clusters"] == passages
    low, high = found["interval"]
    assert 0.59 < low < 0.75 < high < 0.9
    assert found["bootstrap"] == list(bootstrapped(score, score.samples) or ())
    alone = standard_error(outcomes)
    assert alone is not None
    # Whole passages are drawn: twice as wide as of samples that stand alone.
    assert found["bootstrap"][1] - found["bootstrap"][0] > 1.5 * 2 * 1.96 * alone


def test_a_score_that_is_no_mean_of_its_samples_is_not_drawn_anew() -> None:
    score = answered(make_checkpoint(), make_recipe(), [1.0, 0.0])
    score.value = 0.7
    assert bootstrapped(score, score.samples) is None
