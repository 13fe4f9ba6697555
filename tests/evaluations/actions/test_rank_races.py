"""Ranking while scores land and others rank: nothing is forgotten, nothing done twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models.functions import Now

from evaluations.actions.rank import rank_board
from evaluations.models import Board, Standing
from hub.lease import from_now
from tests.factories import make_board, make_checkpoint, make_recipe, make_score

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def board() -> Board:
    recipe = make_recipe()
    make_score(make_checkpoint(), recipe, 0.5)
    return make_board(recipes=[recipe])


def test_a_score_that_lands_while_ranking_leaves_the_board_stale(board: Board) -> None:
    Board.objects.filter(pk=board.pk).update(stale_since=from_now(-10))
    read_before = Board.objects.get(pk=board.pk)

    def land_meanwhile(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        if "CREATE TEMPORARY TABLE ranking_scores" in sql:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(_mark, board.pk).result(timeout=10)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(land_meanwhile):
        assert rank_board(read_before)
    assert read_before.ranked_at is not None
    assert read_before.stale_since is not None


def _mark(board_id: int) -> None:
    Board.objects.filter(pk=board_id).update(stale_since=Now())
    connection.close()


def test_of_many_callers_at_once_one_ranks(board: Board) -> None:
    Board.objects.filter(pk=board.pk).update(stale_since=Now())

    def rank(_: int) -> bool:
        try:
            return rank_board(Board.objects.get(pk=board.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(rank, range(4)))
    assert sorted(done) == [False, False, False, True]
    assert Standing.objects.count() == 1
