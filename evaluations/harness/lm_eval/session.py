"""One model load, as few passes as the recipes allow, and every number with its outcomes.

Imported by runner.py in the harness's interpreter, after the stage "import" was announced: these
imports cost seconds.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lm_eval.api.model
import lm_eval.api.task
import lm_eval.evaluator
import lm_eval.models.huggingface
import tqdm
from backends import load_model
from beside import clusters_of, other_numbers, truncated
from facts import hardware, usage, versions
from lm_eval.tasks import TaskManager
from lm_eval.utils import handle_non_serializable, hash_string
from refusing import refuse_random_weights
from remembering import Remembering
from task_files import Execution, load_execution, plan, refuse_code

PROGRESS_SECONDS = 0.3
BOOTSTRAP_ITERATIONS = 1000
NOWHERE = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115

Spec = dict[str, Any]


@dataclass
class Teller:
    """Progress to the worker: of a phase, and once there is a model, of the tasks."""

    channel: Any
    tasks: int = 0
    model: Remembering | None = None

    def __call__(self, phase: str, done: int, total: int) -> None:
        known: Spec = {}
        if self.model is not None:
            tasks_done = min(self.model.tasks_done, self.tasks)
            known = {"task": self.model.task, "tasks_done": tasks_done, "tasks": self.tasks}
            if self.tasks and total:
                # A bar is of all tasks that are asked in the same way.
                finished = self.model.tasks_before + self.model.tasks_at_once * done / total
                known["fraction"] = min(finished / self.tasks, 1.0)
        self.channel.emit("progress", phase=phase, done=done, total=total, usage=usage(), **known)


def watch_progress(tell: Teller) -> None:
    """Make every bar lm_eval draws an event. Bars are per request kind, not per task."""

    class EventBar(tqdm.tqdm):  # type: ignore[misc, type-arg]
        n: float

        def __init__(self, *args: Any, **options: Any) -> None:
            options.update(file=NOWHERE, mininterval=PROGRESS_SECONDS, ascii=True)
            self.told = 0.0
            super().__init__(*args, **options)

        def tell(self) -> None:
            now = time.monotonic()
            ended = self.total is not None and self.n >= self.total
            if not self.disable and (ended or now - self.told >= PROGRESS_SECONDS):
                self.told = now
                tell((self.desc or "requests").strip(": "), int(self.n), int(self.total or 0))

        def update(self, n: float = 1) -> bool | None:
            drawn = super().update(n)
            self.tell()
            return drawn  # type: ignore[no-any-return]

        def __iter__(self) -> Any:
            for count, item in enumerate(super().__iter__(), 1):
                yield item
                self.n = max(self.n, count)
                self.tell()

    for module in (lm_eval.models.huggingface, lm_eval.api.model, lm_eval.api.task):
        module.tqdm = EventBar
    # The stock report of the machine runs subprocesses for one to three seconds.
    lm_eval.evaluator.add_env_info = lambda results: None


@dataclass
class Writer:
    """Raw samples of an execution, one gzip file each; equal runs give equal bytes."""

    folder: Path
    names: dict[int, str] = field(default_factory=dict)

    def write(self, execution: Execution, samples: dict[str, list[Any]]) -> str:
        if id(execution) not in self.names:
            name = f"{len(self.names):03d}-{execution.label}.jsonl.gz"
            self.folder.mkdir(exist_ok=True)
            with (
                (self.folder / name).open("wb") as raw,
                gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as file,
            ):
                for leaf in execution.leaves:
                    for sample in samples[leaf]:
                        line = {"task": leaf, "seed": execution.seed, **sample}
                        text = json.dumps(line, default=handle_non_serializable, ensure_ascii=False)
                        file.write(text.encode() + b"\n")
            self.names[id(execution)] = name
        return self.names[id(execution)]


def evaluate(model: Any, manager: TaskManager, batch: list[Execution], job: Spec) -> Any:
    first = batch[0]
    return lm_eval.evaluator.simple_evaluate(
        model=model,
        tasks=[item for execution in batch for item in execution.built],
        task_manager=manager,
        limit=first.limit,
        log_samples=True,
        bootstrap_iters=BOOTSTRAP_ITERATIONS,
        batch_size=job["batch_size"],
        device=job["device"],
        system_instruction=first.system_prompt or None,
        apply_chat_template=first.apply_chat_template,
        fewshot_as_multiturn=first.apply_chat_template,
        random_seed=first.seed,
        numpy_random_seed=first.seed,
        torch_random_seed=first.seed,
        fewshot_random_seed=first.seed,
        confirm_run_unsafe_code=job["unsafe_code"],
    )


def value_of(results: Any, execution: Execution, spec: Spec) -> tuple[Any, Any]:
    """The number and its standard error as lm_eval gives them, text and NaN included."""
    key, error_key = (
        f"{spec['metric']},{spec['filter']}",
        f"{spec['metric']}_stderr,{spec['filter']}",
    )
    if spec["aggregate"] == "mean_of_groups":
        rows = [results["results"][name] for name in execution.groups]
        values = [row[key] for row in rows if key in row]
        return (sum(values) / len(values), None) if values else (None, None)
    row = results["results"].get(execution.name, {})
    return row.get(key), row.get(error_key)


def also_of(results: Any, execution: Execution, spec: Spec, model: Any) -> dict[str, float]:
    """Other numbers of the same answers, by "metric,filter"."""
    asked = f"{spec['metric']},{spec['filter']}"
    found = other_numbers(results["results"].get(execution.name, {}), asked)
    samples = [sample for leaf in execution.leaves for sample in results["samples"][leaf]]
    kept = [sample for sample in samples if sample["filter"] == spec["filter"]]
    cut = truncated(kept, getattr(model, "tokenizer", None))
    return found if cut is None else {**found, f"truncated,{spec['filter']}": cut}


def report(
    results: Any, execution: Execution, spec: Spec, samples_name: str, watched: Remembering
) -> dict[str, Any]:
    kept = [
        sample
        for leaf in execution.leaves
        for sample in results["samples"][leaf]
        if sample["filter"] == spec["filter"]
    ]
    hashed = "".join(
        sample["doc_hash"] + sample["prompt_hash"] + sample["target_hash"]
        for leaf in execution.leaves
        for sample in results["samples"][leaf]
    )
    value, stderr = value_of(results, execution, spec)
    directions = results["higher_is_better"].get(execution.name) or {}
    return {
        "recipe_digest": spec["recipe_digest"],
        "seed": execution.seed,
        "value": value,
        "stderr": stderr,
        "outcomes": [sample.get(spec["metric"]) for sample in kept],
        "doc_hashes": [sample["doc_hash"] for sample in kept],
        "clusters": clusters_of(kept, spec["cluster_by"]),
        "also": also_of(results, execution, spec, watched.model),
        "seconds": sum(watched.seconds[leaf] for leaf in execution.leaves),
        "n_total": sum(results["n-samples"][leaf]["original"] for leaf in execution.leaves),
        "task_hash": hash_string(hashed),
        "task_version": str(results["versions"].get(execution.name, "")),
        "higher_is_better": directions.get(spec["metric"]),
        "samples": samples_name,
    }


def run(job: dict[str, Any], out: Path, channel: Any) -> dict[str, Any]:
    """Load, measure, and return what results.json holds, timings apart."""
    tell = Teller(channel)
    watch_progress(tell)
    refuse_random_weights(channel)
    channel.enter("load_model")
    model = load_model(job)
    channel.enter("load_tasks")
    registry = any(spec["file"] is None for spec in job["tasks"])
    # The built-in index costs seven seconds; hub task files do not need it.
    manager = TaskManager(include_defaults=registry)
    batches = plan(job["tasks"], lambda spec, seed: load_execution(spec, seed, manager))
    if not job["unsafe_code"]:
        refuse_code(batches)
    channel.enter("run")
    writer = Writer(out / "samples")
    watched = Remembering(model, identity(job), Path(job["resume"]) if job["resume"] else None)
    watched.tell = tell
    tell.model = watched
    tell.tasks = sum(len(execution.leaves) for batch in batches for execution in batch)
    measurements = []
    for batch in batches:
        watched.begin()
        results = evaluate(model, manager, batch, job)
        for execution in batch:
            name = writer.write(execution, results["samples"])
            measurements += [
                report(results, execution, spec, name, watched) for spec in execution.specs
            ]
    if watched.kept:
        told = f"{watched.kept} answers were kept from an attempt that was cut off."
        channel.emit("warning", message=told)
    return {
        "format": 1,
        "measurements": measurements,
        "versions": versions(),
        "hardware": hardware(job),
    }


def identity(job: dict[str, Any]) -> str:
    """What fixes an answer, beside the question: all of the job but its tasks and where things lie."""
    elsewhere = ("tasks", "checkpoint", "base", "resume")
    settings = {name: value for name, value in job.items() if name not in elsewhere}
    return json.dumps([settings, versions()], sort_keys=True)
