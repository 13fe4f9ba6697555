"""Boards over the API: the same view as the page, nothing for who has it already."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from evaluations.actions.rank import rank_board
from evaluations.models import Board
from tests.factories import make_board, make_checkpoint, make_recipe, make_score, make_variant

pytestmark = pytest.mark.django_db

PATH = "/api/v1/boards/small/standings/"


@pytest.fixture
def board() -> Board:
    recipe = make_recipe()
    board = make_board("small", [recipe])
    for number in range(4):
        checkpoint = make_checkpoint(make_variant(f"river/n-{number}", parameters=10**number))
        make_score(checkpoint, recipe, 0.9 - number / 10, stderr=0.01)
    rank_board(board)
    return board


def test_a_board_names_its_recipes_and_weights(api: APIClient, board: Board) -> None:
    assert [each["slug"] for each in api.get("/api/v1/boards/").data["results"]] == ["small"]
    column = api.get("/api/v1/boards/small/").data["columns"][0]
    recipe = board.recipes.get()
    assert column["recipe"] == recipe.digest
    assert column["weight"] == 1.0
    assert column["key"] == recipe.benchmark_version.benchmark.slug


def test_standings_follow_their_next_links(api: APIClient, board: Board) -> None:
    found, path = [], f"{PATH}?page_size=3"
    while path:
        answer = api.get(path).json()
        found += [row["variant"] for row in answer["results"]]
        path = answer["next"]
    assert found == [f"river/n-{number}" for number in range(4)]


def test_filters_and_views_are_those_of_the_page(api: APIClient, board: Board) -> None:
    answer = api.get(PATH, {"min_parameters": "0.1k", "ordering": "-rank", "view": "normalised"})
    rows = answer.json()["results"]
    assert [row["variant"] for row in rows] == ["river/n-3", "river/n-2"]
    score = next(iter(rows[0]["scores"].values()))
    assert score["value"] == pytest.approx(rows[0]["average"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("ordering", "beauty"), ("min_parameters", "many"), ("cursor", "x"), ("page_size", "0"),
     ("view", "sideways")],
)  # fmt: skip
def test_nonsense_is_refused_by_name(api: APIClient, board: Board, name: str, value: str) -> None:
    answer = api.get(PATH, {name: value})
    assert answer.status_code == 400
    assert name in answer.json()["error"]["fields"]


def test_who_has_the_answer_gets_304_for_one_query(api: APIClient, board: Board) -> None:
    etag = api.get(PATH)["ETag"]
    with CaptureQueriesContext(connection) as queries:
        answer = api.get(PATH, headers={"If-None-Match": etag})
    assert answer.status_code == 304
    assert len(queries) == 1
    rank_board(board, force=True)
    assert api.get(PATH, headers={"If-None-Match": etag}).status_code == 200
    other = api.get(f"{PATH}?page_size=2", headers={"If-None-Match": etag})
    assert other.status_code == 200


def test_three_queries_whatever_the_page(api: APIClient, board: Board) -> None:
    with CaptureQueriesContext(connection) as queries:
        api.get(PATH)
    assert len(queries) == 3


def test_unknown_boards_and_writes_are_refused(api: APIClient, board: Board) -> None:
    assert api.get("/api/v1/boards/none/standings/").status_code == 404
    assert api.post(PATH, {}).status_code in (401, 403, 405)


def test_a_version_keeps_its_address_when_the_next_one_comes(api: APIClient, board: Board) -> None:
    now = api.get("/api/v1/boards/small/standings/").json()["results"]
    Board.objects.filter(pk=board.pk).update(current=False)
    assert api.get("/api/v1/boards/small/").status_code == 404
    then = f"/api/v1/boards/small/v{board.version}/"
    assert api.get(then).json()["version"] == board.version
    assert api.get(f"{then}standings/").json()["results"] == now
    assert api.get("/api/v1/boards/small/v99/standings/").status_code == 404
    page = Client().get(f"/boards/small/v{board.version}/").content.decode()
    assert f"{then}standings/" in page
