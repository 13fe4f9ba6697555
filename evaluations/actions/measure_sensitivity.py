"""Ask a checkpoint the same questions in batches of other sizes: how many answers change?"""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from evaluations.bases import lay_out, parts_of
from evaluations.harness.protocol import Job, Measurement
from evaluations.harness.registry import get_harness
from evaluations.jobs import job_for
from evaluations.models import Recipe
from hub.models import Checkpoint
from hub.origins.fetch import fetch_checkpoint
from hub.refusal import Refusal

BATCH_SIZES = (1, 4, 16)


def measure_sensitivity(
    *, recipe: Recipe, checkpoint: Checkpoint, batch_sizes: Iterable[int] = BATCH_SIZES
) -> dict[str, Any]:
    """Measure here and now, write Recipe.sensitivity and answer it. Blocks: one evaluation for each size.

    `changed` counts the samples whose outcome is another than with the recipe's own batch size.
    Nothing becomes a score. Raises Refusal for a wrong harness version, HarnessFailure, OriginError.
    """
    version = recipe.benchmark_version
    harness = get_harness(version.harness, settings.HARNESS_PYTHON)
    found = harness.versions().get(version.harness)
    if found != recipe.harness_version:
        wanted = f"{version.harness} {recipe.harness_version}"
        raise Refusal("harness_version", f"The recipe is for {wanted}; here is {found}.")
    folder = settings.STATE_DIR / "sensitivity" / f"{recipe.digest[:16]}-{checkpoint.pk}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        job = _job(recipe, checkpoint, folder)
        sizes = sorted({recipe.batch_size, *batch_sizes})
        measured = {}
        for size in sizes:
            report = harness.evaluate(
                replace(job, batch_size=size),
                folder / f"batch-{size}",
                on_progress=lambda _: None,
                cancelled=lambda: False,
            )
            [measured[size]] = report.measurements
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sensitivity = {
        "batch_size": _compared(measured, measured[recipe.batch_size]),
        "checkpoint": checkpoint.digest,
        "variant": str(checkpoint.variant),
        "device": settings.HARNESS_DEVICE,
        "when": timezone.now().date().isoformat(),
    }
    # By query: a recipe is never saved again.
    Recipe.objects.filter(pk=recipe.pk).update(sensitivity=sensitivity)
    return sensitivity


def _job(recipe: Recipe, checkpoint: Checkpoint, folder: Path) -> Job:
    parts = parts_of(checkpoint, [recipe])

    def fetch() -> None:
        for part in parts:
            fetch_checkpoint(part, on_progress=lambda *_: None, cancelled=lambda: False)

    fetch()
    path, base = lay_out(parts, folder, fetch=fetch)
    return job_for([recipe], path, base, name=checkpoint.variant.repo_id)


def _compared(measured: dict[int, Measurement], own: Measurement) -> dict[str, dict[str, Any]]:
    return {
        str(size): {
            "value": each.value,
            "changed": sum(a != b for a, b in zip(each.outcomes, own.outcomes, strict=True)),
            "n": each.n,
        }
        for size, each in measured.items()
    }
