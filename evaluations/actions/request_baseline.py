"""Measure what a variant was made from, so that there is something to compare it with."""

from django.db import transaction

from evaluations.actions.request import create_runs
from evaluations.models import Recipe, Run, RunItem
from evaluations.references import parent_of
from evaluations.turns import HUB_SHARE
from hub.models import Checkpoint, User
from hub.refusal import Refusal

# Behind everything that somebody waits for.
PRIORITY = -1


def request_baseline(*, actor: User, checkpoint: Checkpoint) -> list[Run]:
    """Runs of the parent's checkpoint under what the variant is measured under for the boards.

    The hub asks: they take nobody's turns, and go last. Nothing for a parent that is not in the catalogue,
    has retired or is measured already, nor for a recipe whose run failed: a person asks for that again.
    `actor` is who merged the variant.
    """
    parent = parent_of(checkpoint.variant)
    if parent is None or parent.checkpoint is None:
        return []
    if parent.checkpoint.variant.state != "published":
        return []
    digest = parent.checkpoint.digest
    tried = RunItem.objects.filter(checkpoint_digest=digest, live=False, run__state="failed")
    recipes = Recipe.objects.filter(boards__automatic=True, boards__current=True)
    wanted = recipes.exclude(pk__in=tried.values("recipe")).distinct()
    with transaction.atomic():
        try:
            runs = create_runs(
                actor=actor, checkpoint=parent.checkpoint, recipes=wanted, share=HUB_SHARE
            )
        except Refusal:
            # An adapter whose base is not here yet cannot be measured; the report still offers it.
            return []
        Run.objects.filter(pk__in=[run.pk for run in runs]).update(priority=PRIORITY)
    return runs
