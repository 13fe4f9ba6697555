"""How long recipes and runs will take, from how long they took."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Avg, Count, F, Sum

from evaluations.models import Pace, Recipe, Run, RunItem
from hub.models import Checkpoint

# Pace.size_class where nobody knows how many parameters there are.
UNKNOWN_SIZE = -1
# How many runs of a queue say what a run takes beside its recipes: fetching, starting, loading.
LOOK_BACK = 20


def size_class(parameters: int | None) -> int:
    """The whole part of log2: models of one class differ by less than twofold."""
    return int(math.log2(parameters)) if parameters else UNKNOWN_SIZE


def hardware_name(hardware: Mapping[str, Any]) -> str:
    """What paces are kept under: the first GPU of Run.hardware, else the CPU."""
    gpus = hardware.get("gpus")
    first = gpus[0] if isinstance(gpus, list) and gpus else hardware.get("cpu", "")
    return str(first or "")[:120]


def expected_seconds(
    recipe: Recipe, checkpoint: Checkpoint, hardware: str | None = None
) -> float | None:
    """Seconds in the harness, the model load not counted; None where nothing like it ever ran."""
    return expected_by_recipe([recipe], checkpoint, hardware)[recipe.pk]


def expected_by_recipe(
    recipes: Iterable[Recipe], checkpoint: Checkpoint, hardware: str | None = None
) -> dict[int, float | None]:
    """The same for several recipes, by their keys; one query.

    From models of the same size; else from the nearest size, in proportion; else from whatever the
    recipe took. `hardware` narrows to one sort of machine where it has any history.
    """
    wanted = [recipe.pk for recipe in recipes]
    history: dict[int, list[Pace]] = defaultdict(list)
    for pace in Pace.objects.filter(recipe__in=wanted, n__gt=0):
        history[pace.recipe_id].append(pace)
    size = size_class(checkpoint.parameters)
    return {pk: _estimate(_narrowed(history[pk], hardware), size) for pk in wanted}


def run_seconds(expected: Mapping[int, float | None], queue: str) -> float | None:
    """A whole run from the claim to its scores; None where one of its recipes is unknown."""
    known = [seconds for seconds in expected.values() if seconds is not None]
    return sum(known) + overhead(queue) if len(known) == len(expected) else None


def overhead(queue: str) -> float:
    """What the last runs of a queue took beside their recipes, on average; 0 without history."""
    published = Run.objects.filter(queue=queue, state="published", lease_token=1, priority=0)
    recent = published.order_by("-started_at").values("pk")[:LOOK_BACK]
    took = Run.objects.filter(pk__in=recent).aggregate(
        n=Count("pk"), mean=Avg(F("finished_at") - F("started_at"))
    )
    inside = RunItem.objects.filter(run__in=recent).aggregate(seconds=Sum("seconds"))["seconds"]
    if took["mean"] is None:
        return 0.0
    beside: float = took["mean"].total_seconds() - (inside or 0.0) / took["n"]
    return max(beside, 0.0)


def _narrowed(paces: list[Pace], hardware: str | None) -> list[Pace]:
    return [pace for pace in paces if pace.hardware == hardware] or paces


def _estimate(paces: list[Pace], size: int) -> float | None:
    if not paces:
        return None
    known = [pace.size_class for pace in paces if pace.size_class != UNKNOWN_SIZE]
    if size == UNKNOWN_SIZE or not known:
        return _mean(paces)
    nearest = min(known, key=lambda each: (abs(each - size), each))
    return _mean([pace for pace in paces if pace.size_class == nearest]) * 2.0 ** (size - nearest)


def _mean(paces: list[Pace]) -> float:
    return sum(pace.seconds for pace in paces) / sum(pace.n for pace in paces)
