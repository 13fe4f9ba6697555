"""What stands behind a score, over the API and on its variant's page."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from evaluations.models import Replication, Score
from hub.models import User
from tests.factories import make_board, make_checkpoint, make_recipe, make_run, make_score
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db


def again(score: Score, by: User, value: float, *, agrees: bool = True) -> Replication:
    run = make_run(score.checkpoint, [], requested_by=by, purpose="replicate")
    return Replication.objects.create(
        score=score,
        run=run,
        requested_by=by,
        value=value,
        stderr=0.02,
        n=score.n,
        changed=0,
        agrees=agrees,
    )


@pytest.fixture
def score() -> Score:
    recipe = make_recipe()
    make_board("small", [recipe])
    return make_score(make_checkpoint(), recipe, 0.5, stderr=0.02)


def test_a_score_is_measured_until_somebody_else_comes_to_the_same(
    api: APIClient, score: Score, ben: User, sam: User
) -> None:
    address = f"/api/v1/scores/{score.pk}/"
    alone = api.get(address).json()
    assert alone["tier"] == "measured"
    assert (alone["measurements"]["others"], alone["measurements"]["spread"]) == (0, None)
    again(score, score.run.requested_by, 0.5)
    again(score, ben, 0.9, agrees=False)
    assert api.get(address).json()["tier"] == "measured"
    again(score, sam, 0.54)
    told = api.get(address).json()
    assert told["tier"] == "replicated"
    spread = told["measurements"]
    assert (spread["count"], spread["others"], spread["agreed"]) == (3, 2, 1)
    assert (spread["low"], spread["high"]) == (0.5, 0.9)


def test_scores_are_narrowed_by_what_stands_behind_them(
    api: APIClient, score: Score, sam: User
) -> None:
    other = make_score(make_checkpoint(), score.recipe, 0.4)
    again(score, sam, 0.5)

    def found(tier: str) -> list[int]:
        return [row["id"] for row in api.get(f"/api/v1/scores/?tier={tier}").json()["results"]]

    assert found("replicated") == [score.pk]
    assert found("measured") == [other.pk]

    def more() -> None:
        for _ in range(4):
            again(make_score(make_checkpoint(), score.recipe, 0.4), sam, 0.4)

    assert_constant_queries(lambda: api.get("/api/v1/scores/"), more)


def test_the_page_of_a_variant_says_who_came_to_the_same(
    client: Client, score: Score, sam: User, ben: User
) -> None:
    address = score.checkpoint.variant.get_absolute_url()
    assert "replicated" not in client.get(address).content.decode()
    again(score, ben, 0.9, agrees=False)
    assert "not reproduced" in client.get(address).content.decode()
    again(score, sam, 0.5)
    assert "replicated 1 time of 2" in client.get(address).content.decode()
