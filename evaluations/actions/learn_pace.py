"""Remember how long the recipes of a run took, for those who wait."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from evaluations.durations import hardware_name, size_class
from evaluations.harness.protocol import Measurement
from evaluations.models import Run

# One statement, its rows in one order: two runs that publish at once cannot deadlock.
ADD = """
INSERT INTO evaluations_pace AS pace
    (recipe_id, hardware, size_class, n, seconds, seconds_squared, updated_at)
SELECT recipe, %(hardware)s, %(size)s, 1, took, took * took, now()
FROM unnest(%(recipes)s::bigint[], %(seconds)s::float8[]) AS told(recipe, took) ORDER BY recipe
ON CONFLICT (recipe_id, hardware, size_class) DO UPDATE SET
    n = pace.n + 1,
    seconds = pace.seconds + excluded.seconds,
    seconds_squared = pace.seconds_squared + excluded.seconds_squared,
    updated_at = excluded.updated_at
"""
TELL = """
UPDATE evaluations_runitem AS item SET seconds = told.took
FROM unnest(%(recipes)s::bigint[], %(seconds)s::float8[]) AS told(recipe, took)
WHERE item.run_id = %(run)s AND item.recipe_id = told.recipe
"""


def learn_pace(run: Run, recipes: Sequence[int], measurements: Sequence[Measurement]) -> None:
    """Seconds of each of `recipes` (keys, beside its measurement) on the run's items and in the history.

    In the publishing transaction, so that a run counts once. A harness that does not say what each
    took has its time in the model shared out by samples.
    """
    running = float(run.timings.get("running", 0.0))
    samples = sum(each.n for each in measurements)
    seconds = [
        running * each.n / samples if each.seconds is None else each.seconds
        for each in measurements
    ]
    facts: dict[str, Any] = {
        "run": run.pk,
        "hardware": hardware_name(run.hardware),
        "size": size_class(run.checkpoint.parameters),
        "recipes": list(recipes),
        "seconds": seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(TELL, facts)
        cursor.execute(ADD, facts)
