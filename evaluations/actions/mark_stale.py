"""Boards whose ranks a new fact has overtaken."""

from collections.abc import Iterable

from django.db.models.functions import Now

from evaluations.models import Board, Recipe
from hub.queue import send_on_commit


def mark_stale(recipes: Iterable[Recipe]) -> None:
    """Every board with one of `recipes` as a column is ranked again once this transaction commits.

    Each fact sets `stale_since` anew: whoever ranks clears only the value it saw before it read the
    scores, so that a score landing meanwhile is not forgotten. A lost nudge is the sweeper's.
    """
    stale = Board.objects.filter(columns__recipe__in=list(recipes)).values("pk")
    # Locked in one order: two runs that end together must not deadlock over two boards.
    boards = list(
        Board.objects.select_for_update(no_key=True)
        .filter(pk__in=stale)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Board.objects.filter(pk__in=boards).update(stale_since=Now())
    for board_id in boards:
        send_on_commit("evaluations.rank", board_id)
