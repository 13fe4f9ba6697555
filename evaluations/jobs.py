"""From the recipes of a run to what a harness is given: as few model loads as the recipes allow."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from django.conf import settings

from evaluations.harness.protocol import Endpoint, HarnessFailure, Job, Limits, TaskSpec
from evaluations.models import BenchmarkVersion, Recipe, Run
from evaluations.resuming import resume_folder
from evaluations.suites.declared.definition import Definition
from evaluations.suites.declared.rendering import CLUSTER
from evaluations.suites.declared.sandbox import Unreadable
from evaluations.suites.declared.task import Unsound, write_task
from evaluations.suites.loader import FOLDER
from hub import store

Aggregate = Literal["task", "mean_of_groups"]
MEBIBYTE = 1 << 20
CODE_SANDBOX = "code_sandbox"


@dataclass(frozen=True, kw_only=True)
class HarnessJob:
    """One start of one harness. `version` is the one that the recipes' digests name."""

    harness: str
    version: str
    job: Job


def jobs_of(run: Run, checkpoint_path: Path, base_path: Path | None = None) -> list[HarnessJob]:
    """What to start for `run`: recipes that agree on harness, back end, dtype and batch size share a
    model load. `base_path` is where an adapter's base lies.

    Tasks that people declared are written beside the checkpoint's folder, in `tasks`; HarnessFailure
    where that cannot be done.
    """
    shared: dict[tuple[str, ...], list[Recipe]] = defaultdict(list)
    for item in run.items.select_related("recipe__benchmark_version__benchmark"):
        shared[_loaded_as(item.recipe)].append(item.recipe)
    name = run.checkpoint.variant.repo_id
    return [
        HarnessJob(
            harness=recipes[0].benchmark_version.harness,
            version=recipes[0].harness_version,
            job=job_for(
                recipes,
                checkpoint_path,
                base_path,
                name=name,
                resume=resume_folder(run, *loaded),
            ),
        )
        for loaded, recipes in shared.items()
    ]


def _loaded_as(recipe: Recipe) -> tuple[str, ...]:
    arguments = json.dumps(recipe.backend_args, sort_keys=True)
    harness = recipe.benchmark_version.harness
    loaded = (recipe.backend, arguments, recipe.dtype, str(recipe.batch_size))
    # Code that a model writes runs in no child that measures anything else.
    apart = (CODE_SANDBOX,) if runs_code(recipe) else ()
    return (harness, recipe.harness_version, *loaded, *apart)


def runs_code(recipe: Recipe) -> bool:
    return CODE_SANDBOX in recipe.benchmark_version.needs


def _may_run_code(recipe: Recipe) -> bool:
    """Whether the job runs code that a model writes; HarnessFailure where this worker has no place for it."""
    if runs_code(recipe) and CODE_SANDBOX not in settings.WORKER_CAPABILITIES:
        message = f"This worker declares no place for code that a model writes ({CODE_SANDBOX})."
        raise HarnessFailure("unavailable", message, stage="preparing")
    return runs_code(recipe)


def job_for(
    recipes: Sequence[Recipe],
    path: Path,
    base_path: Path | None,
    *,
    name: str,
    resume: Path | None = None,
) -> Job:
    """Recipes that are loaded alike, on the checkpoint at `path` of the repository `name`."""
    first = recipes[0]
    tasks = tuple(task_spec(recipe, path.parent / "tasks") for recipe in recipes)
    # Only a task of the harness's own registry has its data elsewhere.
    registry = any(task.file is None for task in tasks)
    return Job(
        checkpoint_path=path,
        base_path=base_path,
        tasks=tasks,
        dtype=first.dtype,
        batch_size=first.batch_size,
        backend=first.backend,
        backend_args=first.backend_args,
        resume=resume,
        endpoint=_endpoint(first, name) if first.backend == "endpoint" else None,
        device=settings.HARNESS_DEVICE,
        threads=settings.HARNESS_THREADS,
        limits=Limits(
            wall_seconds=settings.HARNESS_WALL_SECONDS,
            stall_seconds=settings.HARNESS_STALL_SECONDS,
            rss_bytes=settings.HARNESS_MEMORY_MB * MEBIBYTE,
        ),
        network=registry,
        unsafe_code=_may_run_code(first),
        cache=settings.STATE_DIR / "harness-cache" if registry else None,
        hub_endpoint=settings.HF_ENDPOINT,
    )


def _endpoint(recipe: Recipe, repo_id: str) -> Endpoint:
    """The server that a recipe names; `model` is what it serves it as, by default the repository."""
    name = recipe.backend_args["endpoint"]
    if name not in settings.ENDPOINTS:
        message = f"This worker knows no endpoint called {name}."
        raise HarnessFailure("unavailable", message, stage="preparing")
    return Endpoint(
        name=name,
        base_url=settings.ENDPOINTS[name].rstrip("/"),
        model=recipe.backend_args.get("model") or repo_id,
        key=settings.ENDPOINT_KEYS.get(name, ""),
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
        # Items of a declared benchmark have it under a name of their own.
        cluster_by=CLUSTER if version.definition and version.cluster_by else version.cluster_by,
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
