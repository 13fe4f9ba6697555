"""The page-shaped read: order, filters, pages, cost. Each conformance case was failed by a peer."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.actions.rank import rank_board
from evaluations.leaderboards import (
    View,
    columns_of,
    every_result,
    leaders,
    page,
    results,
)
from evaluations.models import Board, Recipe
from hub.keyset import BadCursor, UnknownOrdering
from hub.models import LineageEdge
from tests.factories import (
    make_benchmark_version,
    make_board,
    make_checkpoint,
    make_recipe,
    make_score,
    make_variant,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def recipes() -> list[Recipe]:
    """Accuracy, and a loss that should be small."""
    loss = make_benchmark_version(
        "loss", higher_is_better=False, chance=8.0, best=0.0, lower_bound=0.0, upper_bound=None,
        unit="bits per byte",
    )  # fmt: skip
    return [make_recipe(make_benchmark_version("accuracy")), make_recipe(loss)]


@pytest.fixture
def board(recipes: list[Recipe]) -> Board:
    return make_board(recipes=recipes)


def enter(recipes: list[Recipe], name: str, *values: float | None, **facts: Any) -> None:
    """A variant `name` with these scores; None leaves one out."""
    owner = facts.pop("owner", "river")
    checkpoint = make_checkpoint(make_variant(f"{owner}/{name}", **facts))
    for recipe, value in zip(recipes, values, strict=True):
        if value is not None:
            make_score(checkpoint, recipe, value, stderr=0.01)


def names(board: Board, **view: Any) -> list[str]:
    return [row["name"] for row in page(board, View(**view)).rows]


def walk(board: Board, size: int, **view: Any) -> list[str]:
    """Every name, page by page, forward."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        got = page(board, View(cursor=cursor, size=size, **view))
        found += [row["name"] for row in got.rows]
        cursor = got.next
    return found


def test_the_oldest_of_many_with_the_best_score_comes_first(
    board: Board, recipes: list[Recipe]
) -> None:
    enter(recipes, "oldest", 1.0, 0.1)
    for number in range(12):
        enter(recipes, f"newer-{number}", 0.5, 4.0)
    rank_board(board)
    assert names(board, size=1) == ["oldest"]


@pytest.mark.parametrize("ordering", ["accuracy", "-accuracy", "loss", "-loss"])
def test_a_missing_score_is_last_in_both_directions(
    board: Board, recipes: list[Recipe], ordering: str
) -> None:
    enter(recipes, "whole", 0.5, 4.0)
    enter(recipes, "no-accuracy", None, 1.0)
    enter(recipes, "no-loss", 0.9, None)
    rank_board(board)
    missing = "no-accuracy" if "accuracy" in ordering else "no-loss"
    assert names(board, ordering=ordering)[-1] == missing
    assert walk(board, 1, ordering=ordering) == names(board, ordering=ordering)


@pytest.mark.parametrize("ordering", ["rank", "-rank", "average", "-average"])
def test_what_is_incomplete_stands_below_every_rank(
    board: Board, recipes: list[Recipe], ordering: str
) -> None:
    enter(recipes, "perfect-but-incomplete", 1.0, None)
    enter(recipes, "poor", 0.3, 7.0)
    enter(recipes, "good", 0.9, 1.0)
    rank_board(board)
    best_first = ordering in ("rank", "-average")
    expected = ["good", "poor"] if best_first else ["poor", "good"]
    assert names(board, ordering=ordering) == [*expected, "perfect-but-incomplete"]


def test_lower_is_better_sorts_by_value_and_ranks_by_goodness(
    board: Board, recipes: list[Recipe]
) -> None:
    enter(recipes, "small-loss", 0.5, 1.0)
    enter(recipes, "large-loss", 0.5, 5.0)
    rank_board(board)
    assert names(board, ordering="loss") == ["small-loss", "large-loss"]
    assert names(board, ordering="-loss") == ["large-loss", "small-loss"]
    assert names(board) == ["small-loss", "large-loss"]


@pytest.mark.parametrize("ordering", ["rank", "-rank", "accuracy", "-accuracy", "licence"])
def test_ties_are_stable_across_pages(board: Board, recipes: list[Recipe], ordering: str) -> None:
    for number in range(7):
        enter(recipes, f"tied-{number}", 0.5, 4.0)
    rank_board(board)
    found = walk(board, 2, ordering=ordering)
    assert sorted(found) == [f"tied-{number}" for number in range(7)]
    assert {row["rank"] for row in page(board, View()).rows} == {1}


def test_an_arrival_between_two_pages_repeats_and_skips_nobody(
    board: Board, recipes: list[Recipe]
) -> None:
    for number in range(6):
        enter(recipes, f"n-{number}", 0.9 - number / 20, 4.0)
    rank_board(board)
    first = page(board, View(size=3))
    enter(recipes, "new-leader", 1.0, 0.5)
    enter(recipes, "new-tail", 0.1, 7.9)
    rank_board(board, force=True)
    assert first.next is not None
    second = page(board, View(size=3, cursor=first.next))
    assert [row["name"] for row in (*first.rows, *second.rows)] == [f"n-{i}" for i in range(6)]
    # The ranks themselves moved, as they must.
    assert second.rows[0]["rank"] == 5


def test_a_page_can_be_walked_back(board: Board, recipes: list[Recipe]) -> None:
    for number in range(5):
        enter(recipes, f"n-{number}", 0.9 - number / 20, 4.0)
    enter(recipes, "incomplete", 0.9, None)
    rank_board(board)
    first = page(board, View(size=2, ordering="-loss"))
    second = page(board, View(size=2, ordering="-loss", cursor=first.next or ""))
    third = page(board, View(size=2, ordering="-loss", cursor=second.next or ""))
    assert third.rows[-1]["name"] == "incomplete"
    back = page(board, View(size=2, ordering="-loss", cursor=third.previous or ""))
    assert back.rows == second.rows


def test_filters_narrow(board: Board, recipes: list[Recipe]) -> None:
    enter(recipes, "small-mit", 0.5, 4.0, licence="mit", parameters=100, relation="finetune")
    enter(recipes, "big-apache", 0.6, 4.0, parameters=10_000, owner="delta")
    rank_board(board)
    assert names(board, licence="mit") == ["small-mit"]
    assert names(board, owner="delta") == ["big-apache"]
    assert names(board, relation="finetune") == ["small-mit"]
    assert names(board, relation="base") == ["big-apache"]
    assert names(board, min_parameters=1000) == ["big-apache"]
    assert names(board, max_parameters=1000) == ["small-mit"]
    assert names(board, text="BIG") == ["big-apache"]
    assert names(board, text="delta/big") == ["big-apache"]
    assert names(board, text="%") == []
    assert names(board, text="small", ordering="-accuracy", owner="river") == ["small-mit"]
    assert names(board, licence="mit", ordering="loss", max_parameters=99) == []


def test_unknown_licences_and_parents_come_last(board: Board, recipes: list[Recipe]) -> None:
    enter(recipes, "no-licence", 0.9, 1.0, licence="")
    enter(recipes, "mit", 0.5, 1.0, licence="mit")
    enter(recipes, "apache", 0.5, 1.0)
    child = make_checkpoint(make_variant("river/child"))
    for recipe in recipes:
        make_score(child, recipe, 0.4)
    LineageEdge.objects.create(child=child.variant, parent_name="river/mit", relation="finetune")
    rank_board(board)
    assert names(board, ordering="licence")[-1] == "no-licence"
    assert names(board, ordering="-licence")[0] == "mit"
    assert names(board, ordering="-licence")[-1] == "no-licence"
    assert names(board, ordering="parent")[0] == "child"
    assert names(board, ordering="-parent")[0] == "child"
    assert walk(board, 1, ordering="-licence") == names(board, ordering="-licence")


def test_every_plain_order_walks_every_row(board: Board, recipes: list[Recipe]) -> None:
    for number in range(4):
        enter(recipes, f"n-{number}", 0.4, number + 1.0, parameters=number or None)
    rank_board(board)
    for word in ("rank", "average", "name", "parameters", "licence", "parent", "loss"):
        for ordering in (word, f"-{word}"):
            assert len(set(walk(board, 3, ordering=ordering))) == 4, ordering


def test_an_unknown_order_names_the_known_ones(board: Board) -> None:
    with pytest.raises(UnknownOrdering, match="accuracy"):
        page(board, View(ordering="beauty"))


def test_a_cursor_of_another_order_is_refused(board: Board, recipes: list[Recipe]) -> None:
    for number in range(3):
        enter(recipes, f"n-{number}", 0.4, 4.0)
    rank_board(board)
    cursor = page(board, View(size=1)).next
    with pytest.raises(BadCursor):
        page(board, View(ordering="name", cursor=cursor or ""))


def test_results_are_raw_or_normalised(board: Board, recipes: list[Recipe]) -> None:
    enter(recipes, "n", 0.625, 4.0)
    rank_board(board)
    raw = json.loads(results(board, View()).rows[0])
    scaled = json.loads(results(board, View(raw=False)).rows[0])
    assert raw["scores"]["accuracy"]["value"] == 0.625
    assert scaled["scores"]["accuracy"]["value"] == pytest.approx(50)
    assert raw["average"] == scaled["average"] == pytest.approx(50)
    assert raw["variant"] == "river/n"


@pytest.mark.parametrize("ordering", ["rank", "-accuracy", "licence"])
def test_an_export_is_the_whole_view_however_many_batches_it_takes(
    board: Board, recipes: list[Recipe], monkeypatch: pytest.MonkeyPatch, ordering: str
) -> None:
    for number in range(5):
        enter(recipes, f"n-{number}", 0.4, 4.0)
    enter(recipes, "incomplete", None, 4.0)
    rank_board(board)
    monkeypatch.setattr("evaluations.leaderboards.BATCH", 2)
    view = View(ordering=ordering, size=1)
    with CaptureQueriesContext(connection) as queries:
        found = [json.loads(row) for row in every_result(board, view, columns_of(board))]
    assert len(queries) > 2
    shown = page(board, View(ordering=ordering)).rows
    assert [row["variant"] for row in found] == [f"{row['owner']}/{row['name']}" for row in shown]
    assert len(found) == 6


def test_a_result_says_what_its_row_says(board: Board, recipes: list[Recipe]) -> None:
    enter(recipes, 'a-"quoted"-name', 0.625, None, parameters=7)
    rank_board(board)
    row = page(board, View()).rows[0]
    for ordering in ("rank", "loss"):
        result = json.loads(results(board, View(ordering=ordering)).rows[0])
        assert list(result["scores"]) == ["accuracy", "loss"]
        assert result["scores"]["loss"] is None
        assert result["scores"]["accuracy"]["value"] == 0.625
        assert set(result["scores"]["accuracy"]) == {"value", "stderr", "n", "run"}
        assert (result["variant"], result["checkpoint"]) == (
            'river/a-"quoted"-name', row["checkpoint_id"],
        )  # fmt: skip
        assert (result["rank"], result["average"], result["parent"]) == (None, None, None)
        assert result["parameters"] == 7


def test_columns_are_remembered_and_those_of_another_board_are_not(
    board: Board, recipes: list[Recipe]
) -> None:
    first = columns_of(board)
    with CaptureQueriesContext(connection) as queries:
        assert columns_of(Board.objects.get(pk=board.pk)) == first
    assert len(queries) == 1
    assert [column.label for column in columns_of(make_board(recipes=recipes[:1]))] != [
        column.label for column in first
    ]


@pytest.mark.parametrize("few", [0, 1000])
def test_a_piece_of_a_name_finds_the_same_by_either_way(
    board: Board, recipes: list[Recipe], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("evaluations.leaderboards.FEW", few)
    for number in range(3):
        enter(recipes, f"n-{number}", 0.9 - number / 10, 4.0)
    enter(recipes, "other", 0.1, 4.0)
    rank_board(board)
    assert names(board, text="N-") == ["n-0", "n-1", "n-2"]
    assert names(board, text="riv/n-", ordering="-accuracy") == ["n-0", "n-1", "n-2"]
    assert walk(board, 2, text="n-") == ["n-0", "n-1", "n-2"]


def test_two_recipes_of_one_benchmark_have_keys_of_their_own() -> None:
    version = make_benchmark_version("twice")
    board = make_board(recipes=[make_recipe(version), make_recipe(version, n_shot=5)])
    assert [column.key for column in columns_of(board)] == ["twice-0", "twice-1"]


def test_leaders_of_all_boards_cost_one_query(board: Board, recipes: list[Recipe]) -> None:
    for number in range(4):
        enter(recipes, f"n-{number}", 0.9 - number / 10, 4.0)
    enter(recipes, "incomplete", 1.0, None)
    rank_board(board)
    empty = make_board()
    with CaptureQueriesContext(connection) as queries:
        found = leaders([board, empty])
    assert len(queries) == 1
    assert [row["name"] for row in found[board.pk]] == ["n-0", "n-1", "n-2"]
    assert found[empty.pk] == []


@pytest.mark.parametrize("view", [View(), View(ordering="-accuracy"), View(text="n-", size=3)])
def test_the_query_count_does_not_grow_with_the_board(
    board: Board, recipes: list[Recipe], view: View
) -> None:
    def count() -> int:
        rank_board(board, force=True)
        with CaptureQueriesContext(connection) as queries:
            page(board, view)
            results(board, view)
        return len(queries)

    for number in range(4):
        enter(recipes, f"n-{number}", 0.4, 4.0)
    few = count()
    for number in range(4, 8):
        enter(recipes, f"n-{number}", 0.4, 4.0)
    assert count() <= few
    assert few <= 5
