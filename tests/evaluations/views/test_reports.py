"""The report where people meet it: on a variant's page, in the API, as Markdown; and the run it asks for."""

import pytest
from django.test import Client

from evaluations.models import Recipe, Run
from hub.models import Checkpoint, User
from tests.conftest import signed_in
from tests.evaluations.worlds import answered, descends
from tests.factories import (
    make_benchmark_version,
    make_checkpoint,
    make_recipe,
    make_score,
    make_variant,
)
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def recipe() -> Recipe:
    return make_recipe(make_benchmark_version("sums"))


@pytest.fixture
def parent() -> Checkpoint:
    return make_checkpoint(make_variant("headwaters/brook"))


@pytest.fixture
def child(parent: Checkpoint, recipe: Recipe) -> Checkpoint:
    variant = make_variant("delta/mouth")
    descends(variant, parent.variant)
    checkpoint = make_checkpoint(variant)
    answered(checkpoint, recipe, [1.0] * 10 + [0.0] * 2)
    return checkpoint


def test_a_variants_page_names_gains_and_has_the_markdown(
    client: Client, child: Checkpoint, parent: Checkpoint, recipe: Recipe
) -> None:
    answered(parent, recipe, [0.0] * 10 + [1.0] * 2)
    page = client.get(child.variant.get_absolute_url()).content.decode()
    assert "Better than headwaters/brook on Sums" in page
    assert "10 / 2" in page
    assert "| Benchmark | delta/mouth |" in page
    assert "Measure brook" not in page


def test_a_missing_parent_run_can_be_asked_for_by_whoever_is_signed_in(
    client: Client, child: Checkpoint, parent: Checkpoint, recipe: Recipe, sam: User
) -> None:
    address = child.variant.get_absolute_url()
    assert "Sign in</a> to have the parent measured" in client.get(address).content.decode()
    mine = signed_in(sam)
    assert "Measure brook under the same recipe" in mine.get(address).content.decode()
    made = mine.post(f"/checkpoints/{parent.pk}/measure/", {"recipe": [recipe.digest]})
    run = Run.objects.get(checkpoint=parent)
    assert made.headers["Location"] == run.get_absolute_url()
    assert list(run.recipes.all()) == [recipe]
    again = mine.post(f"/checkpoints/{parent.pk}/measure/", {"recipe": [recipe.digest]})
    assert again.headers["Location"] == parent.variant.get_absolute_url()
    assert Run.objects.filter(checkpoint=parent).count() == 1
    assert "waits for its turn" in mine.get(address).content.decode()


def test_the_api_tells_the_same_as_json_and_as_markdown(
    client: Client, child: Checkpoint, parent: Checkpoint, recipe: Recipe
) -> None:
    answered(parent, recipe, [0.0] * 10 + [1.0] * 2)
    address = f"/api/v1/checkpoints/{child.pk}/report/"
    told = client.get(address).json()
    [row] = told["rows"]
    assert told["parent"]["checkpoint"]["commit"] == parent.commit
    assert row["parent"]["p_value"] == pytest.approx(0.03857421875)
    assert (row["parent"]["gained"], row["parent"]["lost"]) == (10, 2)
    assert row["parent"]["verdict"] == "better"
    assert row["measured"]["value"] == pytest.approx(10 / 12)
    assert told["summary"][0].startswith("Better than headwaters/brook on Sums")
    for answer in (
        client.get(f"{address}?format=markdown"),
        client.get(address, headers={"Accept": "text/markdown"}),
    ):
        assert answer.headers["Content-Type"].startswith("text/markdown")
        assert answer.content.decode().startswith("### Evaluation of delta/mouth")
    assert client.get("/api/v1/checkpoints/0/report/?format=markdown").status_code == 404


def test_a_variants_page_costs_the_same_however_many_recipes(
    client: Client, child: Checkpoint, parent: Checkpoint, recipe: Recipe
) -> None:
    make_score(parent, recipe, 0.5, stderr=0.1)

    def more() -> None:
        for slug in ("a", "b", "c"):
            other = make_recipe(make_benchmark_version(slug))
            answered(child, other, [1.0, 0.0])
            answered(parent, other, [0.0, 0.0])
        read()  # pairs are compared once

    def read() -> None:
        assert client.get(child.variant.get_absolute_url()).status_code == 200

    assert_constant_queries(read, more)
