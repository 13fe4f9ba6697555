"""Ranking: who stands where, and what is never counted."""

import math

import pytest
from django.db import IntegrityError, transaction

from evaluations import statistics
from evaluations.actions.rank import mark_outdated, rank_board
from evaluations.models import Board, Cell, Recipe, Standing
from hub.models import Checkpoint, LineageEdge, ModelVariant
from tests.factories import (
    make_benchmark_version,
    make_board,
    make_checkpoint,
    make_manifest,
    make_recipe,
    make_score,
)

pytestmark = pytest.mark.django_db


def measured(recipes: list[Recipe], values: list[float | None], **fields: object) -> Checkpoint:
    """A checkpoint of a new variant, with a score where there is a value."""
    checkpoint = make_checkpoint()
    for recipe, value in zip(recipes, values, strict=True):
        if value is not None:
            make_score(checkpoint, recipe, value, **fields)
    return checkpoint


def ranked(board: Board) -> dict[int, Standing]:
    """Standings by checkpoint, after ranking."""
    rank_board(board, force=True)
    return {standing.checkpoint_id: standing for standing in board.standings.all()}


@pytest.fixture
def recipes() -> list[Recipe]:
    return [make_recipe(), make_recipe()]


@pytest.fixture
def board(recipes: list[Recipe]) -> Board:
    return make_board(recipes=recipes)


def test_the_average_is_the_weighted_mean_of_normalised_scores(recipes: list[Recipe]) -> None:
    board = make_board(recipes=recipes, weights=[3.0, 1.0])
    checkpoint = measured(recipes, [0.625, 1.0], stderr=0.03)
    standing = ranked(board)[checkpoint.pk]
    # chance 0.25: 0.625 is halfway to the best.
    assert standing.average == pytest.approx((3 * 50 + 1 * 100) / 4)
    expected = statistics.weighted_average([50, 100], [4.0, 4.0], [3, 1])[1]
    assert standing.stderr == pytest.approx(expected)
    cell = standing.values[str(board.columns.get(position=0).pk)]
    assert cell["value"] == 0.625
    assert cell["normalised"] == pytest.approx(50)
    assert cell["spread"] == pytest.approx(4.0)


def test_ties_share_a_rank_and_the_next_rank_is_left_out(
    board: Board, recipes: list[Recipe]
) -> None:
    # Summed in another order these differ in the last bit; they are a tie all the same.
    first = measured(recipes, [0.7, 0.8])
    second = measured(recipes, [0.8, 0.7])
    third = measured(recipes, [0.5, 0.5])
    standings = ranked(board)
    assert [standings[c.pk].rank for c in (first, second, third)] == [1, 1, 3]


def test_an_unknown_error_of_one_column_leaves_the_averages_error_unknown(
    board: Board, recipes: list[Recipe]
) -> None:
    checkpoint = make_checkpoint()
    make_score(checkpoint, recipes[0], 0.5, stderr=0.1)
    make_score(checkpoint, recipes[1], 0.5, stderr=None)
    standing = ranked(board)[checkpoint.pk]
    assert standing.average is not None
    assert standing.stderr is None
    assert (standing.rank_low, standing.rank_high) == (None, None)


def test_a_missing_score_means_no_rank_and_no_average_but_a_row(
    board: Board, recipes: list[Recipe]
) -> None:
    whole = measured(recipes, [0.3, 0.3])
    partial = measured(recipes, [1.0, None])
    standings = ranked(board)
    assert standings[whole.pk].rank == 1
    assert standings[partial.pk].rank is None
    assert standings[partial.pk].average is None
    assert standings[partial.pk].missing == 1
    assert math.isinf(standings[partial.pk].place)
    assert Cell.objects.filter(standing=standings[partial.pk], key=None).count() == 1


def test_lower_is_better_ranks_the_lowest_first_and_the_missing_never() -> None:
    loss = make_benchmark_version(
        higher_is_better=False,
        chance=8.0,
        best=0.0,
        lower_bound=0.0,
        upper_bound=None,
        metric="bpb",
    )
    recipes = [make_recipe(loss)]
    board = make_board(recipes=recipes)
    good, bad = measured(recipes, [1.0]), measured(recipes, [4.0])
    standings = ranked(board)
    assert [standings[c.pk].rank for c in (good, bad)] == [1, 2]
    assert standings[bad.pk].average == pytest.approx(50)


def test_a_metric_without_bounds_is_anchored_to_the_board_itself() -> None:
    loss = make_benchmark_version(
        higher_is_better=False, chance=None, best=None, lower_bound=None, upper_bound=None
    )
    recipes = [make_recipe(loss)]
    board = make_board(recipes=recipes)
    best, middle, diverged = (measured(recipes, [value]) for value in (1.0, 2.0, 400.0))
    standings = ranked(board)
    averages = [standings[c.pk].average for c in (best, middle, diverged)]
    assert averages[:2] == [100, 0]
    assert [standings[c.pk].rank for c in (best, middle, diverged)] == [1, 2, 3]


def test_an_error_rate_is_normalised_towards_its_lower_bound() -> None:
    rate = make_benchmark_version(higher_is_better=False, chance=0.5)
    assert rate.normalise(0.0) == 100
    assert rate.normalise(0.5) == 0


def test_a_limited_recipe_never_ranks() -> None:
    recipes = [make_recipe(limit=8)]
    board = make_board(recipes=recipes)
    checkpoint = measured(recipes, [0.9])
    standing = ranked(board)[checkpoint.pk]
    assert standing.rank is None
    assert standing.values


def test_retired_variants_leave_the_board(board: Board, recipes: list[Recipe]) -> None:
    stays, goes = measured(recipes, [0.5, 0.5]), measured(recipes, [0.9, 0.9])
    rank_board(board)
    goes.variant.move("retired")
    assert mark_outdated() == 1
    assert rank_board(board)
    assert [s.checkpoint_id for s in board.standings.all()] == [stays.pk]
    assert board.size == 1
    assert Cell.objects.count() == 2


def test_a_changed_licence_reaches_the_board(board: Board, recipes: list[Recipe]) -> None:
    checkpoint = measured(recipes, [0.5, 0.5])
    rank_board(board)
    assert mark_outdated() == 0
    ModelVariant.objects.filter(pk=checkpoint.variant_id).update(licence="mit")
    assert mark_outdated() == 1
    rank_board(board)
    assert board.standings.get().licence == "mit"


def test_the_newest_complete_checkpoint_stands_for_its_variant(
    board: Board, recipes: list[Recipe]
) -> None:
    old = measured(recipes, [0.9, 0.9])
    new = make_checkpoint(old.variant)
    make_score(new, recipes[0], 0.4)
    # Half measured: the old one stays, so that the variant does not drop off meanwhile.
    assert set(ranked(board)) == {old.pk}
    make_score(new, recipes[1], 0.4)
    assert set(ranked(board)) == {new.pk}
    assert Standing.objects.count() == 1


def test_the_same_bytes_in_two_variants_share_a_rank(board: Board, recipes: list[Recipe]) -> None:
    manifest = make_manifest()
    first = make_checkpoint(manifest=manifest)
    copy = make_checkpoint(manifest=manifest)
    for recipe in recipes:
        make_score(first, recipe, 0.5)
    standings = ranked(board)
    assert [standings[c.pk].rank for c in (first, copy)] == [1, 1]


def test_another_metric_of_the_same_recipe_is_not_the_boards(
    board: Board, recipes: list[Recipe]
) -> None:
    checkpoint = measured(recipes, [0.5, 0.5])
    run = checkpoint.runs.earliest("pk")
    make_score(checkpoint, recipes[0], 0.99, metric="acc_norm", run=run)
    standing = ranked(board)[checkpoint.pk]
    assert standing.average == pytest.approx(100 / 3)


def test_the_difference_to_the_parent_is_kept_with_its_error(
    board: Board, recipes: list[Recipe]
) -> None:
    parent = measured(recipes, [0.4, 0.4], stderr=0.03)
    child = measured(recipes, [0.55, 0.55], stderr=0.03)
    LineageEdge.objects.create(
        child=child.variant, parent_name=parent.variant.full_name, parent=parent.variant,
        relation="finetune",
    )  # fmt: skip
    standings = ranked(board)
    assert standings[child.pk].delta == pytest.approx(20)
    both = [standings[c.pk].stderr for c in (parent, child)]
    assert standings[child.pk].delta_stderr == pytest.approx(math.hypot(*both))  # type: ignore[arg-type]
    assert standings[child.pk].parent_name == parent.variant.full_name
    assert standings[parent.pk].delta is None


def test_training_data_is_no_parent(board: Board, recipes: list[Recipe]) -> None:
    child = measured(recipes, [0.5, 0.5])
    LineageEdge.objects.create(
        child=child.variant, parent_name="some/corpus", relation="trained_on"
    )
    assert ranked(board)[child.pk].parent_name == ""


def test_rank_intervals_in_sql_are_those_of_the_statistics_module(recipes: list[Recipe]) -> None:
    board = make_board(recipes=recipes[:1])
    values = [0.90, 0.88, 0.88, 0.70, 0.69, 0.40]
    errors = [0.01, 0.02, 0.001, 0.05, 0.0, 0.01]
    checkpoints = []
    for value, error in zip(values, errors, strict=True):
        checkpoints.append(measured(recipes[:1], [value], stderr=error))
    standings = [ranked(board)[c.pk] for c in checkpoints]
    got = [(s.rank_low, s.rank_high) for s in standings]
    averages = [s.average or 0.0 for s in standings]
    assert got == statistics.rank_intervals(averages, [s.stderr or 0.0 for s in standings])
    assert got[0] == (1, 3)
    assert got[-1] == (6, 6)


def test_ranking_twice_writes_nothing_the_second_time(board: Board, recipes: list[Recipe]) -> None:
    measured(recipes, [0.5, 0.5])
    assert rank_board(board)
    assert not rank_board(board)
    before = board.standings.get().updated_at
    assert rank_board(board, force=True)
    assert board.standings.get().updated_at == before


def test_the_board_knows_its_size_choices_and_spans(board: Board, recipes: list[Recipe]) -> None:
    measured(recipes, [0.5, 0.5])
    measured(recipes, [0.7, None])
    rank_board(board)
    assert board.size == 2
    assert board.ranked_at is not None
    assert board.stale_since is None
    assert board.facets["licence"] == [["apache-2.0", 2]]
    column = str(board.columns.get(position=0).pk)
    assert board.facets["columns"][column]["best"] == 0.7
    assert len(board.facets["chart"]) == 1


def test_the_chart_marks_the_pareto_front(board: Board, recipes: list[Recipe]) -> None:
    for value, parameters in ((0.5, 100), (0.4, 200), (0.9, 300)):
        checkpoint = measured(recipes, [value, value])
        ModelVariant.objects.filter(pk=checkpoint.variant_id).update(parameters=parameters)
    rank_board(board)
    assert [(row[0], row[4]) for row in board.facets["chart"]] == [
        (100, True), (200, False), (300, True)
    ]  # fmt: skip


def test_an_empty_board_and_one_without_columns_can_be_ranked(board: Board) -> None:
    assert rank_board(board)
    assert board.size == 0
    bare = make_board(recipes=[])
    assert rank_board(bare)
    assert bare.facets["columns"] == {}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_the_database_refuses_what_is_no_number(
    board: Board, recipes: list[Recipe], value: float
) -> None:
    checkpoint = make_checkpoint()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_score(checkpoint, recipes[0], value)
    standing = Standing.objects.create(
        board=board, checkpoint=checkpoint, variant=checkpoint.variant, owner="a", name="b"
    )
    column = board.columns.get(position=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cell.objects.create(standing=standing, column=column, value=value, key=value)
    standing.average, standing.rank, standing.place = value, 1, 0.0
    if math.isnan(value):
        with pytest.raises(IntegrityError), transaction.atomic():
            Standing.objects.filter(pk=standing.pk).update(average=value, rank=1, place=-value)
