"""Rescorings by API: all that a maintainer can do on the pages."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from evaluations.models import Rescoring
from hub.models import User
from tests.evaluations.rescorings import (
    judged_again,
    publish,
    recipe_of,
    sums,
    three_answers,
    told,
)
from tests.factories import make_checkpoint, make_recipe, make_score
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db

PATH = "/api/v1/rescorings/"


def ask(api: APIClient, recipe: Any, why: str = "Commas are not wrong.") -> Any:
    return api.post(PATH, {"recipe": recipe, "why": why}, format="json")


def test_a_maintainer_asks_looks_and_cancels(api: APIClient, cleo: User) -> None:
    old = recipe_of(publish())
    three_answers(old)
    publish(sums(scoring="number"))
    api.force_authenticate(cleo)
    answer = ask(api, old.digest)
    asked = Rescoring.objects.get()
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"{PATH}{asked.pk}/")
    assert answer.data == {
        **answer.data,
        "state": "queued",
        "benchmark": "sums",
        "from_recipe": old.digest,
        "to_recipe": asked.to_recipe.digest,
        "why": "Commas are not wrong.",
        "requested_by": "cleo",
        "done": 0,
        "total": 3,
        "report": {},
    }
    assert ask(api, old.digest).data["error"]["code"] == "under_way"
    answer = api.post(f"{PATH}{asked.pk}/cancel/")
    assert (answer.status_code, answer.data["state"]) == (200, "cancelled")
    assert api.post(f"{PATH}{asked.pk}/cancel/").status_code == 409


def test_what_cannot_be_asked_is_refused_by_name(api: APIClient, cleo: User) -> None:
    old = recipe_of(publish())
    api.force_authenticate(cleo)
    assert ask(api, old.digest).data["error"]["code"] == "unchanged"
    answer = ask(api, "f" * 64)
    assert (answer.status_code, set(answer.data["error"]["fields"])) == (400, {"recipe"})


def test_nobody_else_asks_or_cancels(api: APIClient, ben: User, cleo: User) -> None:
    old = recipe_of(publish())
    three_answers(old)
    publish(sums(scoring="number"))
    assert ask(api, old.digest).status_code == 401
    api.force_authenticate(ben)
    assert ask(api, old.digest).status_code == 403
    made = told(cleo, old, old.scores.all()[0], state="queued")
    assert api.post(f"{PATH}{made.pk}/cancel/").status_code == 403
    assert Rescoring.objects.get().state == "queued"


@pytest.mark.django_db(transaction=True)
def test_what_came_of_it_is_open_to_everybody(api: APIClient, cleo: User) -> None:
    old = recipe_of(publish())
    was = three_answers(old)
    publish(sums(scoring="number"))
    done = judged_again(cleo, old)
    data = api.get(f"{PATH}{done.pk}/").data
    assert (data["state"], data["done"], data["total"]) == ("done", 3, 3)
    [moved] = data["report"]["moved"]
    assert (moved["was"], moved["value"]) == (was["commas"].pk, [0.0, 1.0])
    again = api.get(f"/api/v1/scores/{moved['score']}/").data
    assert (again["rescore_of"], again["recipe"]) == (was["commas"].pk, done.to_recipe.digest)


def test_the_list_narrows_and_costs_the_same_however_long(api: APIClient, ann: User) -> None:
    score = make_score(make_checkpoint(), make_recipe(), 0.5)
    first = told(ann, score.recipe, score)
    told(ann, make_recipe(), score, state="failed")

    def found(query: str) -> list[int]:
        return [row["id"] for row in api.get(f"{PATH}?{query}").data["results"]]

    assert found("state=done") == [first.pk]
    assert found(f"recipe={score.recipe.digest}") == [first.pk]
    assert found(f"recipe={first.to_recipe.digest}") == [first.pk]

    def more() -> None:
        for _ in range(3):
            told(ann, make_recipe(), score)

    assert_constant_queries(lambda: api.get(PATH), more)
