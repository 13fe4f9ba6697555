"""Benchmark and recipe pages: every fact that fixes a number can be read."""

import pytest
from django.test import Client

from tests.factories import (
    make_benchmark_version,
    make_board,
    make_checkpoint,
    make_recipe,
    make_score,
)

pytestmark = pytest.mark.django_db


def test_a_recipe_shows_its_digest_its_facts_and_where_it_is_used(client: Client) -> None:
    recipe = make_recipe(n_shot=4, system_prompt="Answer briefly.", generation={"temperature": 0})
    make_board("small", [recipe], title="Small models")
    score = make_score(make_checkpoint(), recipe, 0.4321)
    page = client.get(recipe.get_absolute_url()).content.decode()
    for expected in (recipe.digest, "Answer briefly.", "temperature=0", "Small models", "0.4321"):
        assert expected in page
    assert score.get_absolute_url() in page


def test_a_limited_recipe_says_that_it_never_ranks(client: Client) -> None:
    page = client.get(make_recipe(limit=8).get_absolute_url()).content.decode()
    assert "never rank" in page


def test_a_benchmark_shows_versions_bounds_and_recipes(client: Client) -> None:
    version = make_benchmark_version("sums", chance=0.125)
    recipe = make_recipe(version)
    page = client.get("/benchmarks/sums/").content.decode()
    for expected in ("0.125", version.digest, recipe.digest[:12], "0 to 1"):
        assert expected in page
    assert "Sums" in client.get("/benchmarks/").content.decode()


@pytest.mark.parametrize("path", ["/benchmarks/nothing/", "/recipes/nothing/", "/boards/nothing/"])
def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
