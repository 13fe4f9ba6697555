"""Board pages: whole and in part, in every format, for whoever comes by."""

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluations.actions.rank import rank_board
from evaluations.models import Board, Recipe
from tests.factories import (
    make_board,
    make_checkpoint,
    make_recipe,
    make_run,
    make_score,
    make_variant,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def recipes() -> list[Recipe]:
    return [make_recipe(), make_recipe()]


@pytest.fixture
def board(recipes: list[Recipe]) -> Board:
    return make_board("demo", recipes, title="Small models")


def enter(recipes: list[Recipe], name: str, value: float | None, **facts: Any) -> None:
    checkpoint = make_checkpoint(make_variant(f"river/{name}", **facts))
    for recipe, score in zip(recipes, (0.5, value), strict=True):
        if score is not None:
            make_score(checkpoint, recipe, score, stderr=0.02)


def text_of(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_the_list_shows_each_board_with_its_leader(
    client: Client, board: Board, recipes: list[Recipe]
) -> None:
    enter(recipes, "winner", 0.9)
    rank_board(board)
    page = text_of(client, "/boards/")
    assert "Small models" in page
    assert "winner" in page


def test_a_hub_without_boards_says_so(client: Client) -> None:
    assert "No boards yet" in text_of(client, "/boards/")


def test_the_page_names_what_is_missing_and_never_writes_a_zero_for_it(
    client: Client, board: Board, recipes: list[Recipe]
) -> None:
    enter(recipes, "whole", 0.9)
    enter(recipes, "half", None, licence="", parameters=None)
    rank_board(board)
    page = text_of(client, "/boards/demo/")
    assert page.index("whole") < page.index("half")
    assert "not measured" in page
    assert "not ranked" in page
    assert "not stated" in page
    assert "style=" not in page


def test_a_missing_score_that_a_run_is_about_to_measure_says_so(
    client: Client, board: Board, recipes: list[Recipe]
) -> None:
    enter(recipes, "half", None)
    checkpoint = board_checkpoint(recipes[0])
    make_run(checkpoint, [recipes[1]], state="running", started_at=timezone.now())
    rank_board(board)
    page = text_of(client, "/boards/demo/")
    assert "being measured" in page
    assert "1 run for this board is at work" in page


def board_checkpoint(recipe: Recipe) -> Any:
    return recipe.scores.get().checkpoint


def test_an_empty_board_tells_how_many_runs_are_on_their_way(
    client: Client, board: Board, recipes: list[Recipe]
) -> None:
    assert "Nobody has been measured yet" in text_of(client, "/boards/demo/")
    make_run(recipes=recipes[:1])
    page = text_of(client, "/boards/demo/")
    assert "1 run for this board waits" in page
    assert "Being measured" in page


def test_htmx_gets_the_table_alone(client: Client, board: Board, recipes: list[Recipe]) -> None:
    enter(recipes, "one", 0.9)
    rank_board(board)
    part = text_of(client, "/boards/demo/?ordering=name", **HTMX)
    assert part.strip().startswith('<div id="standings">')
    assert 'aria-sort="ascending"' in part
    assert "<html" not in part


def test_nonsense_in_the_address_is_named_and_left_out(
    client: Client, board: Board, recipes: list[Recipe]
) -> None:
    enter(recipes, "one", 0.9)
    rank_board(board)
    page = text_of(client, "/boards/demo/?ordering=beauty&min_parameters=many&cursor=x&page_size=0")
    assert "Cannot sort by" in page
    assert "Write a number of parameters" in page
    assert "That place in the list is not known" in page
    assert "one" in page


def test_what_people_typed_stays_in_the_filters(client: Client, board: Board) -> None:
    page = text_of(client, "/boards/demo/?q=%3Cscript%3E&max_parameters=7B")
    assert "&lt;script&gt;" in page
    assert 'value="7B"' in page
    assert "Nothing fits" in page


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_an_export_holds_exactly_the_view(
    client: Client, board: Board, recipes: list[Recipe], kind: str
) -> None:
    enter(recipes, "good", 0.9)
    enter(recipes, "poor", 0.4)
    enter(recipes, "other", 0.8, licence="mit")
    rank_board(board)
    path = f"/boards/demo/?licence=apache-2.0&ordering=-rank&format={kind}"
    answer = client.get(path)
    body = b"".join(answer) if answer.streaming else answer.content
    rows: list[Any] = (
        list(csv.DictReader(io.StringIO(body.decode())))
        if kind == "csv"
        else json.loads(body)["results"]
    )
    assert [row["variant"] for row in rows] == ["river/poor", "river/good"]
    assert "attachment" in answer["Content-Disposition"]


def test_older_versions_stay_reachable(client: Client, board: Board, recipes: list[Recipe]) -> None:
    Board.objects.filter(pk=board.pk).update(current=False)
    make_board("demo", recipes, title="Small models", version=2)
    assert "superseded" in text_of(client, "/boards/demo/v1/")
    assert "superseded" not in text_of(client, "/boards/demo/")
    assert client.get("/boards/demo/v9/").status_code == 404


def test_the_page_costs_the_same_queries_however_long_it_is(
    client: Client, board: Board, recipes: list[Recipe]
) -> None:
    def count() -> int:
        rank_board(board, force=True)
        with CaptureQueriesContext(connection) as queries:
            text_of(client, "/boards/demo/")
        return len(queries)

    for number in range(3):
        enter(recipes, f"n-{number}", 0.5 if number else None)
    few = count()
    for number in range(3, 6):
        enter(recipes, f"n-{number}", 0.5 if number % 2 else None)
    assert count() == few


def test_the_chart_has_words_too(client: Client, board: Board, recipes: list[Recipe]) -> None:
    for number in range(4):
        enter(recipes, f"n-{number}", 0.5 + number / 10, parameters=10**6 * (number + 1))
    rank_board(board)
    page = text_of(client, "/boards/demo/")
    assert "<desc" in page
    assert "Pareto front: river/n-0" in page
