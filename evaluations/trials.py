"""What is expensive runs only after something cheap of the same bytes has been measured."""

from collections.abc import Callable, Iterable

from django.conf import settings

from evaluations.durations import expected_by_recipe
from evaluations.models import Recipe, Run, RunItem
from evaluations.models.run import Purpose
from hub.models import Checkpoint

# Whoever else may know that a checkpoint loads and answers adds what to ask, with its digest.
proofs: list[Callable[[str], bool]] = []

# Bytes of a checkpoint whose runs nobody has timed and that are taken for expensive.
LARGE = 4 * 1024**3
# A trial: so many samples, and answers no longer than that.
SAMPLES, TOKENS = 2, 64
LENGTHS = ("max_gen_toks", "max_new_tokens", "max_tokens")
# What a trial's recipe does not take over from the one that it tries.
OWN = frozenset({"id", "digest", "created_at", "limit", "generation", "sensitivity"})


def is_expensive(run: Run) -> bool:
    """Expected to take longer than EXPENSIVE_SECONDS; where nobody knows, LARGE. One query."""
    if all(item.recipe.limit is not None for item in run.items.select_related("recipe")):
        return False
    if run.expected_seconds is None:
        return run.checkpoint.size > LARGE
    return run.expected_seconds > settings.EXPENSIVE_SECONDS


def is_proven(checkpoint: Checkpoint) -> bool:
    """Whether these bytes were measured before, or somebody else has tried them."""
    measured = RunItem.objects.filter(
        checkpoint_digest=checkpoint.digest, live=True, run__state="published"
    )
    return measured.exists() or any(proof(checkpoint.digest) for proof in proofs)


def under_way(checkpoint: Checkpoint) -> Run | None:
    """A cheap run of these bytes that is not over and waits for no other."""
    runs = Run.objects.live().filter(
        after=None,
        purpose=Purpose.MEASURE,
        items__checkpoint_digest=checkpoint.digest,
        items__live=True,
    )
    found = runs.select_related("checkpoint").order_by("pk").distinct()
    return next((run for run in found if not is_expensive(run)), None)


def trial_recipe(recipes: Iterable[Recipe], checkpoint: Checkpoint) -> Recipe:
    """The cheapest of `recipes` with few samples and short answers. It stands on no board."""
    offered = sorted(recipes, key=lambda recipe: recipe.pk)
    expected = expected_by_recipe(offered, checkpoint)
    cheapest = min(offered, key=lambda recipe: expected[recipe.pk] or float("inf"))
    facts = {
        field.attname: getattr(cheapest, field.attname)
        for field in Recipe._meta.concrete_fields
        if field.name not in OWN
    }
    shorter = {name: TOKENS for name in LENGTHS if name in cheapest.generation}
    recipe = Recipe(**facts, limit=SAMPLES, generation=cheapest.generation | shorter)
    recipe.digest = recipe.compute_digest()
    # Of two that make the same at once the second waits for the first, and finds it.
    Recipe.objects.bulk_create([recipe], ignore_conflicts=True)
    return Recipe.objects.get(digest=recipe.digest)
