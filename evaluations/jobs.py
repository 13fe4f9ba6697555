"""From the recipes of a run to what a harness is given: as few model loads as the recipes allow."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from django.conf import settings

from evaluations.harness.protocol import HarnessFailure, Job, Limits, TaskSpec
from evaluations.models import BenchmarkVersion, Recipe, Run
from evaluations.suites.declared.definition import Definition
from evaluations.suites.declared.sandbox import Unreadable
from evaluations.suites.declared.task import Unsound, write_task
from evaluations.suites.loader import FOLDER
from hub import store

Aggregate = Literal["task", "mean_of_groups"]
MEBIBYTE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class HarnessJob:
    """One start of one harness. `version` is the one that the recipes' digests name."""

    harness: str
    version: str
    job: Job


def jobs_of(run: Run, checkpoint_path: Path) -> list[HarnessJob]:
    """What to start for `run`: recipes that agree on harness, dtype and batch size share a model load.

    Tasks that people declared are written beside the checkpoint's folder, in `tasks`; HarnessFailure
    where that cannot be done.
    """
    shared: dict[tuple[str, str, str, int], list[Recipe]] = defaultdict(list)
    for item in run.items.select_related("recipe__benchmark_version__benchmark"):
        recipe = item.recipe
        harness = recipe.benchmark_version.harness
        key = (harness, recipe.harness_version, recipe.dtype, recipe.batch_size)
        shared[key].append(recipe)
    return [
        HarnessJob(
            harness=harness,
            version=version,
            job=_job(checkpoint_path, recipes, dtype=dtype, batch_size=batch_size),
        )
        for (harness, version, dtype, batch_size), recipes in shared.items()
    ]


def _job(path: Path, recipes: list[Recipe], *, dtype: str, batch_size: int) -> Job:
    tasks = tuple(task_spec(recipe, path.parent / "tasks") for recipe in recipes)
    # Only a task of the harness's own registry has its data elsewhere.
    registry = any(task.file is None for task in tasks)
    return Job(
        checkpoint_path=path,
        tasks=tasks,
        dtype=dtype,
        batch_size=batch_size,
        device=settings.HARNESS_DEVICE,
        threads=settings.HARNESS_THREADS,
        limits=Limits(
            wall_seconds=settings.HARNESS_WALL_SECONDS,
            stall_seconds=settings.HARNESS_STALL_SECONDS,
            rss_bytes=settings.HARNESS_MEMORY_MB * MEBIBYTE,
        ),
        network=registry,
        cache=settings.STATE_DIR / "harness-cache" if registry else None,
        hub_endpoint=settings.HF_ENDPOINT,
    )


def task_spec(recipe: Recipe, folder: Path) -> TaskSpec:
    """One recipe as the harness reads it. `repeats` of 1 leaves what the task file says."""
    version = recipe.benchmark_version
    return TaskSpec(
        recipe_digest=recipe.digest,
        task=version.task,
        metric=version.metric,
        file=_task_file(version, folder),
        filter=version.filter,
        n_shot=recipe.n_shot,
        gen_args=recipe.generation,
        apply_chat_template=recipe.apply_chat_template,
        system_prompt=recipe.system_prompt,
        repeats=recipe.repeats if recipe.repeats > 1 else None,
        seeds=tuple(recipe.seeds) or (0,),
        limit=recipe.limit,
        lower=version.lower_bound,
        upper=version.upper_bound,
        aggregate=cast(Aggregate, version.aggregate),
    )


def _task_file(version: BenchmarkVersion, folder: Path) -> Path | None:
    """The hub's own file, or one made of a declared benchmark's data; None for a registry's task."""
    if version.definition is not None:
        return declared_task(version.definition, version.data_sha256, version.task, folder)
    return FOLDER / version.task_file if version.task_file else None


def declared_task(definition: Mapping[str, Any], data_sha256: str, task: str, folder: Path) -> Path:
    """The task file of BenchmarkVersion.definition and data in the store, in a folder of its own.

    Raises HarnessFailure: unavailable where this machine's store lacks the data, else bad_job.
    """
    kept = store.default()
    examples = definition["examples_sha256"]
    if not all(kept.has(sha256) for sha256 in (data_sha256, examples) if sha256):
        message = "The data of the benchmark is not in this worker's store."
        raise HarnessFailure("unavailable", message, stage="preparing")
    file = folder / task / f"{task}.yaml"
    if file.exists():
        return file
    try:
        path, _ = write_task(
            Definition.of(definition),
            task=task,
            data=kept.path_of(data_sha256),
            examples=kept.path_of(examples) if examples else None,
            folder=folder / task,
        )
    except (Unsound, Unreadable) as error:
        message = f"The benchmark does not fit its data. {error}"
        raise HarnessFailure("bad_job", message, stage="preparing") from error
    return path
