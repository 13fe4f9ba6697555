"""Rank a board: everything its pages show, computed when a score lands and not when a page is read.

**Who stands on a board.** One row a variant: its newest checkpoint that was measured under every
recipe of the board, or, while there is none, its newest that was measured under any. Newest and not
best: a row says what the variant is today, and nobody gains by publishing until luck strikes. A new
checkpoint replaces the old row once it is complete, so that a variant never drops off a board while
it is being measured; the older ones stay on the variant's page. Scores are found by the checkpoint's
digest: two variants with the same bytes share them, and a rank. Retired variants are left out.

**The average** is the weighted mean of normalised scores, 0 for chance and 100 for the best possible
(BenchmarkVersion.anchors). A column whose benchmark states neither bounds nor best and chance
(bits per byte without a floor) is anchored to the board itself: its median measures 0, its best 100.
That keeps differences in proportion, and one diverged model does not squeeze all others together as
the worst value would; but such averages move when the board does, so a suite had better state both. The
standard error of the average takes the columns as independent; unknown when one of them is.

**Ranks** are competition ranks (1, 1, 3). The interval beside them counts only those whose 95 %
interval lies wholly above or below. A row with a missing score has no average and no rank, and a
board that holds a `limit`ed recipe is a trial: it shows values and ranks nobody.

All of it is a few statements over a temporary table; 100,000 rows take seconds, and rows that did not
change are not written. One ranker a board at a time; who waited finds it fresh and does nothing.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from evaluations import ranking_sql
from evaluations.models import Board
from evaluations.models.board import BoardRecipe
from hub.models.lineage import DATA_RELATIONS

# First key of the advisory locks that rankers take; the second is the board.
LOCK = 0x52_41_4E_4B
CHART_POINTS = 80
CHOICES = 40


def rank_board(board: Board, *, force: bool = False) -> bool:
    """Bring the standings of `board` up to date. False when they were already.

    `stale_since` is cleared only where it still is what was read before the scores were: a score that
    lands meanwhile leaves the board stale, and its own nudge or the sweeper comes back.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Transaction-scoped, and not the board's row: recording a score must not wait for a ranking.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, board.pk])
        board.refresh_from_db(fields=["stale_since", "ranked_at"])
        if board.stale_since is None and board.ranked_at is not None and not force:
            return False
        columns = list(
            board.columns.select_related("recipe__benchmark_version").order_by("position")
        )
        _rank(cursor, board, columns)
        facts = {
            "size": _count(cursor, board),
            "facets": {**_choices(cursor, board), "chart": _chart(cursor, board)}
            | {"columns": _spans(cursor)},
        }
        rows = Board.objects.filter(pk=board.pk)
        rows.update(ranked_at=Now(), **facts)
        rows.filter(stale_since=board.stale_since).update(stale_since=None)
    board.refresh_from_db()
    return True


def mark_outdated() -> int:
    """Mark boards whose copies of a variant's facts are no longer true, or whose variant has retired.

    The catalogue cannot tell (it knows no boards), so the sweeper asks: one join over the standings.
    Returns how many boards were marked.
    """
    with connection.cursor() as cursor:
        cursor.execute(ranking_sql.MARK_OUTDATED)
        return int(cursor.rowcount)


def _rank(cursor: Any, board: Board, columns: list[BoardRecipe]) -> None:
    # Sorts and hashes of 100,000 rows stay in memory; compiling each statement would take longer
    # than running it.
    cursor.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
    cursor.execute(ranking_sql.DROP)
    cursor.execute(ranking_sql.COLUMNS)
    ranks = all(column.recipe.limit is None for column in columns)
    cursor.executemany(
        "INSERT INTO ranking_columns VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [_column_row(column) for column in columns],
    )
    cursor.execute(ranking_sql.CHOSEN)
    cursor.execute(ranking_sql.SCORES)
    cursor.execute(ranking_sql.ANCHOR_TO_BOARD)
    # Without figures the planner takes temporary tables for small and joins them in loops.
    cursor.execute("ANALYZE ranking_scores, ranking_chosen")
    cursor.execute(ranking_sql.ROWS, {"ranks": ranks})
    cursor.execute("ANALYZE ranking_rows")
    cursor.execute(ranking_sql.INTERVALS)
    cursor.execute(ranking_sql.PARENTS, {"data": [str(relation) for relation in DATA_RELATIONS]})
    cursor.execute("ANALYZE ranking_intervals, ranking_parents")
    cursor.execute(ranking_sql.REMOVE, {"board": board.pk})
    cursor.execute(ranking_sql.STANDINGS, {"board": board.pk})
    cursor.execute(ranking_sql.CELLS, {"board": board.pk})


def _column_row(column: BoardRecipe) -> tuple[object, ...]:
    version = column.recipe.benchmark_version
    floor, best = version.anchors() or (None, None)
    sign = 1 if version.higher_is_better else -1
    return (column.pk, column.recipe_id, version.metric, column.weight, sign, floor, best)


def _count(cursor: Any, board: Board) -> int:
    cursor.execute("SELECT count(*) FROM ranking_rows")
    return int(cursor.fetchone()[0])


def _choices(cursor: Any, board: Board) -> dict[str, list[list[Any]]]:
    """What the filters offer: {"licence": [[value, rows], …], "relation": …, "owner": …}."""
    found: dict[str, list[list[Any]]] = {}
    for name, sql in ranking_sql.CHOICES.items():
        cursor.execute(sql, {"board": board.pk, "most": CHOICES})
        found[name] = [list(row) for row in cursor.fetchall()]
    return found


def _spans(cursor: Any) -> dict[str, dict[str, float]]:
    """{column id: {"low", "high", "best", "floor", "anchor"}} in the column's unit; "average" likewise.

    `floor` and `anchor` are what normalises to 0 and 100.
    """
    cursor.execute(ranking_sql.SPANS)
    return {
        name: {"low": low, "high": high, "best": best, "floor": floor, "anchor": anchor}
        for name, low, high, best, floor, anchor in cursor.fetchall()
    }


def _chart(cursor: Any, board: Board) -> list[list[Any]]:
    """[[parameters, average, stderr, "owner/name", on the Pareto front], …], smallest model first."""
    cursor.execute(ranking_sql.CHART, {"board": board.pk, "most": CHART_POINTS})
    return [list(row) for row in cursor.fetchall()]
