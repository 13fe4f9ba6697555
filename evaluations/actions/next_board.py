from collections.abc import Sequence

from django.db.models.functions import Now

from evaluations.actions.supersede import supersede_unwanted
from evaluations.models import Board, BoardRecipe, Recipe

# Recipe, label, weight.
Column = tuple[Recipe, str, float]


def next_board(
    *,
    slug: str,
    columns: Sequence[Column],
    title: str,
    question: str,
    description: str,
    automatic: bool,
    least_version: int = 1,
) -> Board:
    """The board's next version, with these columns; it becomes current, and nothing is measured anew.

    Waiting runs of recipes that it leaves out end as superseded, unless another board shows them.
    `automatic` is for a board that has no version yet: later ones keep what a maintainer chose. Must
    run in a transaction in which nobody else makes a version of the same board.
    """
    last = Board.objects.filter(slug=slug).order_by("-version").first()
    Board.objects.filter(slug=slug, current=True).update(current=False)
    board = Board.objects.create(
        slug=slug,
        title=title,
        question=question,
        description=description,
        version=max(least_version, last.version + 1 if last else 1),
        automatic=last.automatic if last else automatic,
        stale_since=Now(),
    )
    BoardRecipe.objects.bulk_create(
        BoardRecipe(board=board, recipe=recipe, label=label, weight=weight, position=position)
        for position, (recipe, label, weight) in enumerate(columns)
    )
    if last:
        shown = {recipe.pk for recipe, _, _ in columns}
        supersede_unwanted(last.recipes.exclude(pk__in=shown))
    return board
