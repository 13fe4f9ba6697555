"""Claims for scripts."""

import pytest
from django.test import Client

from hub.models import User
from tests.evaluations.claiming import aime, make_record
from tests.factories import make_checkpoint, make_recipe, make_score

pytestmark = pytest.mark.django_db


def test_a_claim_is_told_with_its_reporter_protocol_and_what_superseded_it(
    client: Client, ann: User
) -> None:
    _, claims = make_record(ann)
    told = client.get(f"/api/v1/claims/{claims[2].pk}/").json()
    assert told["value"] == 52.2
    assert (told["unit"], told["benchmark"], told["benchmark_name"]) == (
        "percent", "aime24", "AIME 2024",
    )  # fmt: skip
    assert (told["reporter"], told["role"]) == ("huggingface/open-r1", "reproduced")
    assert told["superseded_by"] == claims[3].pk
    assert told["contribution"] == 7
    assert (told["measured"], told["gap"]) == (None, None)


def test_beside_a_measurement_the_gap_is_told(client: Client, ann: User) -> None:
    variant, claims = make_record(ann)
    score = make_score(make_checkpoint(variant), make_recipe(aime().versions.get()), 0.5)
    told = client.get(f"/api/v1/claims/{claims[0].pk}/").json()
    assert told["measured"]["score"] == score.pk
    assert told["gap"] == pytest.approx(5.5)


def test_the_list_takes_variant_benchmark_and_role(client: Client, ann: User) -> None:
    variant, claims = make_record(ann)
    for query, count in (
        (f"variant={variant.full_name}", 9),
        ("benchmark=aime24", 9),
        ("role=community", 1),
        ("standing=true", 7),
        ("reporter=open-thoughts", 2),
        ("benchmark=other", 0),
    ):
        assert len(client.get(f"/api/v1/claims/?{query}").json()["results"]) == count, query
    by_value = client.get("/api/v1/claims/?ordering=-value").json()["results"]
    assert by_value[0]["id"] == claims[7].pk
    assert client.get("/api/v1/claims/?role=rumour").status_code == 400
