from django.db import connection, transaction

from evaluations.actions import publish_benchmark, seed
from evaluations.actions.next_board import Column, next_board
from evaluations.models import Board, Recipe

# Every board before, and what shows the new recipe in its place.
Pair = tuple[Board, Board]


def swap_columns(*, old: Recipe, new: Recipe) -> list[Pair]:
    """Current boards that show `old` get a next version that shows `new` instead: no ranking mixes two
    scorers. Boards that have gone on to `new` already are beside their last version with `old`.

    Done twice it changes nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # All that make versions of boards; always in this order.
        for lock in (seed.LOCK, publish_benchmark.LOCK):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
        slugs = Board.objects.filter(columns__recipe=old).order_by("slug").values_list("slug")
        pairs = [_swapped(slug, old, new) for (slug,) in slugs.distinct()]
    return [pair for pair in pairs if pair is not None]


def _swapped(slug: str, old: Recipe, new: Recipe) -> Pair | None:
    boards = Board.objects.filter(slug=slug)
    current = boards.get(current=True)
    columns = _columns_of(current)
    shown = {recipe.pk for recipe, _, _ in columns}
    if old.pk not in shown:
        before = boards.filter(columns__recipe=old).order_by("-version").first()
        return (before, current) if before is not None and new.pk in shown else None
    if new.pk in shown:
        columns = [column for column in columns if column[0] != old]
    else:
        columns = [
            (new if recipe == old else recipe, label, weight) for recipe, label, weight in columns
        ]
    after = next_board(
        slug=slug,
        columns=columns,
        title=current.title,
        question=current.question,
        description=current.description,
        automatic=current.automatic,
    )
    return current, after


def _columns_of(board: Board) -> list[Column]:
    columns = board.columns.select_related("recipe").order_by("position")
    return [(column.recipe, column.label, column.weight) for column in columns]
