"""Which queue a run goes to: what a recipe needs of a machine, and how large the model is.

`Recipe.queue` says the sort of machine ("cpu", "gpu"); settings.MEMORY_CLASSES splits a sort by memory:
with {"gpu-large": 20e9}, weights of more than 20 GB go to `gpu-large`, the rest to `gpu`. Queues are
named for what machines have, so that a worker says with `-Q` what it takes, and a re-send finds its way.
"""

from collections.abc import Iterable

from django.conf import settings

from evaluations import capabilities
from evaluations.bases import needs_of_checkpoint
from evaluations.models import Recipe
from hub.models import Checkpoint

# Bytes a parameter takes once loaded, by Recipe.dtype; what is not named is loaded as it lies in the files.
WIDTHS = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
# Back ends that hold the files as they are, and those that hold none: the model is somebody else's server.
AS_STORED = frozenset({"gguf"})
ELSEWHERE = frozenset({"endpoint"})


def queue_for(recipe: Recipe, checkpoint: Checkpoint) -> str:
    """The queue of `recipe` for a model of this size: of the classes of its sort that the model is too
    large to go without, the one that holds most."""
    needed = weight_bytes(recipe, checkpoint)
    fitting = [
        (threshold, name)
        for name, threshold in settings.MEMORY_CLASSES.items()
        if name.partition("-")[0] == recipe.queue and needed > threshold
    ]
    return max(fitting, default=(0, recipe.queue))[1]


def weight_bytes(recipe: Recipe, checkpoint: Checkpoint) -> int:
    """Memory that the weights take as `recipe` loads them, those of an adapter's base among them;
    activations and caches not counted."""
    if recipe.backend in ELSEWHERE:
        return 0
    base = weight_bytes(recipe, checkpoint.base) if checkpoint.base else 0
    width = WIDTHS.get(recipe.dtype)
    # Quantised weights count fewer bytes than their parameters would take.
    as_stored = recipe.backend in AS_STORED or recipe.backend_args or width is None
    if as_stored or not checkpoint.parameters:
        return base + checkpoint.size
    return base + checkpoint.parameters * (width or 0)


def by_queue(recipes: Iterable[Recipe], checkpoint: Checkpoint) -> list[tuple[str, list[Recipe]]]:
    """Sorted, so that two requests insert in the same order and cannot deadlock."""
    queues: dict[str, list[Recipe]] = {}
    for recipe in recipes:
        queues.setdefault(queue_for(recipe, checkpoint), []).append(recipe)
    return sorted(queues.items())


def needs_of(recipes: Iterable[Recipe], checkpoint: Checkpoint) -> list[str]:
    """What a worker must have beside the queue to measure all of `recipes`: of Worker.abilities."""
    needs = set(needs_of_checkpoint(checkpoint))
    for recipe in recipes:
        needs |= {f"{recipe.benchmark_version.harness} {recipe.harness_version}"}
        needs |= capabilities.needs_of(recipe)
    return sorted(needs)
