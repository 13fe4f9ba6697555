"""What a recipe can tell apart: by hand where it is assumed, by drawing where it is measured."""

import math

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client

from evaluations.models import Recipe
from evaluations.resolution import Resolution, resolution_of
from tests.evaluations.worlds import answered
from tests.factories import make_benchmark_version, make_checkpoint, make_recipe
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


def told(recipe: Recipe) -> Resolution:
    return resolution_of([recipe])[recipe.pk]


def test_before_anything_is_measured_a_metric_scatters_as_widely_as_it_can() -> None:
    """Half of 0 to 1, answers that correlate by one half: 2.80 · 0.5 / sqrt(30) = 25.6 points."""
    found = told(make_recipe(make_benchmark_version(sample_count=30)))
    assert (found.n, found.basis) == (30, "assumed")
    assert found.paired == pytest.approx(2.8016 * 0.5 / math.sqrt(30), rel=1e-4)
    assert found.apart == pytest.approx(found.paired * math.sqrt(2))
    assert found.n_for_a_point == math.ceil((2.80159 * 0.5 / 0.01) ** 2)
    assert found.words == (
        "n = 30 samples: differences under 26 points cannot be told from chance "
        "(power 80%; at worst)"
    )


def test_what_was_measured_says_how_far_samples_scatter_and_how_models_differ() -> None:
    recipe = make_recipe(make_benchmark_version(sample_count=400))
    generator = np.random.default_rng(3)
    first = (generator.random(400) < 0.8).astype(float)
    answered(make_checkpoint(), recipe, first.tolist())
    cache.clear()
    alone = told(recipe)
    assert alone.basis == "spread"
    # Of the score's own error, 0.05 (tests/evaluations/worlds.py).
    assert alone.apart == pytest.approx(2.8016 * 0.05 * math.sqrt(2), rel=1e-4)
    second = np.where(generator.random(400) < 0.05, 1 - first, first)
    answered(make_checkpoint(), recipe, second.tolist())
    cache.clear()
    found = told(recipe)
    assert found.basis == "measured"
    error = np.std(first - second, ddof=1) / 20
    assert found.paired == pytest.approx(2.8016 * error, rel=1e-4)
    assert found.paired < alone.paired / 2


def test_samples_that_go_together_tell_less_apart() -> None:
    recipes = [make_recipe(make_benchmark_version(slug, sample_count=100)) for slug in ("a", "b")]
    passages = [f"passage {number // 10}" for number in range(100)]
    for recipe, clusters in zip(recipes, (None, passages), strict=True):
        for passing in (30, 60):
            outcomes = [float(number < passing) for number in range(100)]
            answered(make_checkpoint(), recipe, outcomes, clusters=clusters)
    plain, clustered = (told(recipe) for recipe in recipes)
    assert clustered.paired > 2.5 * plain.paired


def test_a_trial_has_as_many_samples_as_it_reads() -> None:
    version = make_benchmark_version(sample_count=400)
    assert told(make_recipe(version, limit=8)).n == 8


def test_nothing_is_said_where_nothing_is_known() -> None:
    unbounded = make_benchmark_version("prose", upper_bound=None, sample_count=150)
    uncounted = make_benchmark_version("sums", sample_count=None)
    assert resolution_of([make_recipe(unbounded), make_recipe(uncounted)]) == {}


def test_the_same_model_twice_does_not_promise_everything() -> None:
    recipe = make_recipe(make_benchmark_version(sample_count=4))
    for _ in range(2):
        answered(make_checkpoint(), recipe, [1.0, 0.0, 1.0, 0.0])
    assert told(recipe).basis == "spread"


def test_many_recipes_cost_the_queries_of_one() -> None:
    def measured(count: int) -> list[Recipe]:
        recipes = [make_recipe(make_benchmark_version(sample_count=4)) for _ in range(count)]
        for recipe in recipes:
            for outcomes in ([1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 0.0]):
                answered(make_checkpoint(), recipe, outcomes)
        return recipes

    one, many = measured(1), measured(6)
    cache.clear()
    assert count_queries(lambda: resolution_of(one)) == count_queries(lambda: resolution_of(many))
    assert count_queries(lambda: resolution_of(many)) == 0


def test_pages_and_api_say_it_before_a_run_is_asked_for(client: Client) -> None:
    recipe = make_recipe(make_benchmark_version("quick", sample_count=30))
    words = told(recipe).words
    assert words in client.get(recipe.get_absolute_url()).content.decode()
    assert "26 points" in client.get("/benchmarks/quick/").content.decode()
    found = client.get(f"/api/v1/recipes/{recipe.digest}/").json()
    assert found["resolution"]["words"] == words
    assert found["resolution"]["basis"] == "assumed"
    assert found["preset"] is None


def test_a_protocol_with_a_name_is_called_by_it(client: Client) -> None:
    generation = {"do_sample": True, "temperature": 0.6, "top_p": 0.95, "max_gen_toks": 32768}
    recipe = make_recipe(apply_chat_template=True, repeats=16, generation=generation)
    assert "The protocol: R1" in client.get(recipe.get_absolute_url()).content.decode()
    found = client.get(f"/api/v1/recipes/{recipe.digest}/").json()["preset"]
    assert (found["name"], found["title"]) == ("r1", "R1")
    hotter = make_recipe(
        apply_chat_template=True, repeats=16, generation=generation | {"temperature": 1.0}
    )
    assert "The protocol" not in client.get(hotter.get_absolute_url()).content.decode()
