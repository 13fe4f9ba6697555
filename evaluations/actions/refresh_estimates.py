"""Say how long waiting runs will take, of which nobody knew when they were asked for."""

from django.db.models import Exists, OuterRef

from evaluations.durations import expected_by_recipe, run_seconds
from evaluations.models import Pace, Run, RunItem


def refresh_estimates(most: int) -> int:
    """Fill in `expected_seconds` of waiting runs all of whose recipes have run by now; how many."""
    untold = RunItem.objects.exclude(Exists(Pace.objects.filter(recipe=OuterRef("recipe"))))
    unknown = Run.objects.filter(state="queued", expected_seconds=None)
    known = unknown.exclude(Exists(untold.filter(run=OuterRef("pk"))))
    found = known.select_related("checkpoint").prefetch_related("items__recipe").order_by("pk")
    told = 0
    for run in found[:most]:
        recipes = [item.recipe for item in run.items.all()]
        seconds = run_seconds(expected_by_recipe(recipes, run.checkpoint), run.queue)
        told += Run.objects.filter(pk=run.pk, state="queued").update(expected_seconds=seconds)
    return told
