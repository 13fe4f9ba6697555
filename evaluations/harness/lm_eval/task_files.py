"""From recipes to lm_eval tasks, and from those to as few passes over the model as possible.

Imported by session.py in the harness's interpreter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lm_eval.tasks import TaskManager
from lm_eval.tasks._yaml_loader import load_yaml
from refusing import Refused

Spec = dict[str, Any]


@dataclass
class Execution:
    """One task as configured, answered once, and every recipe that reads a number from it."""

    name: str
    seed: int
    apply_chat_template: bool
    system_prompt: str
    limit: int | None
    built: list[Any]
    tasks: list[Any]
    leaves: list[str]
    groups: list[str]
    specs: list[Spec] = field(default_factory=list)

    @property
    def label(self) -> str:
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.name)[:80]

    @property
    def shared(self) -> tuple[Any, ...]:
        """What one call of simple_evaluate fixes for all its tasks."""
        return self.seed, self.apply_chat_template, self.system_prompt, self.limit


def plan(specs: list[Spec], load: Callable[[Spec, int], Execution]) -> list[list[Execution]]:
    """Batches of executions, one simple_evaluate each: recipes that differ only in what they read
    share an execution, executions that differ only in few-shot or generation arguments a batch."""
    executions: dict[str, Execution] = {}
    for spec in specs:
        for seed in spec["seeds"]:
            settings = "file task n_shot gen_args repeats apply_chat_template system_prompt limit"
            key = json.dumps([seed, *(spec[name] for name in settings.split())], sort_keys=True)
            if key not in executions:
                executions[key] = load(spec, seed)
            executions[key].specs.append(spec)
    batches: list[list[Execution]] = []
    for execution in executions.values():
        taken = set(execution.leaves) | set(execution.groups)
        for batch in batches:
            names = {name for other in batch for name in [*other.leaves, *other.groups]}
            if batch[0].shared == execution.shared and not names & taken:
                batch.append(execution)
                break
        else:
            batches.append([execution])
    return batches


def load_execution(spec: Spec, seed: int, manager: TaskManager) -> Execution:
    """The task of a recipe, configured. bad_job where the name means several unrelated tasks."""
    loaded = manager.load([configured_file(spec) if spec["file"] else spec["task"]])
    tasks, groups = loaded["tasks"], loaded.get("groups", {})
    if not spec["file"]:
        for task in tasks.values():
            configure_registered(task, spec)
    name = spec["task"]
    if name not in groups and name not in tasks:
        raise Refused("bad_job", f"{name} is a tag of {len(tasks)} tasks, not a task or group.")
    return Execution(
        name=name,
        seed=seed,
        apply_chat_template=spec["apply_chat_template"],
        system_prompt=spec["system_prompt"],
        limit=spec["limit"],
        built=[groups[name]] if name in groups else [tasks[name]],
        tasks=list(tasks.values()),
        leaves=list(tasks),
        groups=list(groups),
    )


def refuse_code(batches: list[list[Execution]]) -> None:
    """Raise Refused where a task runs code that a model writes: its benchmark must say that it does."""
    for execution in (each for batch in batches for each in batch):
        if any(getattr(task, "UNSAFE_CODE", False) for task in execution.tasks):
            message = (
                f"{execution.name} runs code that a model writes; its benchmark does not say so"
            )
            raise Refused("bad_job", f"{message} (needs: code_sandbox).")


def configured_file(spec: Spec) -> dict[str, Any]:
    """A task file of the hub with the recipe's settings in it and its data beside it."""
    path = Path(spec["file"])
    config = load_yaml(path)
    if config.get("task") != spec["task"]:
        raise Refused("bad_job", f"{path.name} defines {config.get('task')}, not {spec['task']}.")
    options = config.get("dataset_kwargs") or {}
    if isinstance(files := options.get("data_files"), dict):
        for split, name in files.items():
            files[split] = str((path.parent / name).resolve())
    if spec["n_shot"] is not None:
        config["num_fewshot"] = spec["n_shot"]
    if spec["gen_args"]:
        config["generation_kwargs"] = {**config.get("generation_kwargs", {}), **spec["gen_args"]}
    if spec["repeats"] is not None:
        config["repeats"] = spec["repeats"]
        for chain in config.get("filter_list") or ():
            for step in chain["filter"]:
                if step["function"] == "take_first_k":
                    step["k"] = spec["repeats"]
    return config


def configure_registered(task: Any, spec: Spec) -> None:
    """Settings of a recipe on a built-in task. Set after loading: given to simple_evaluate, a
    num_fewshot is silently ignored by every task whose own file says 0."""
    if spec["n_shot"] is not None:
        task.set_config(key="num_fewshot", value=spec["n_shot"])
    if spec["gen_args"] and task.get_config("output_type") == "generate_until":
        task.set_config(key="generation_kwargs", value=dict(spec["gen_args"]), update=True)
    if spec["repeats"] is not None:
        task.set_config(key="repeats", value=spec["repeats"])
