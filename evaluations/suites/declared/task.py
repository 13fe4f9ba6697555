"""From a declared benchmark to what the harness reads: finished text, and a task file of the hub's own."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from evaluations.suites.declared.definition import FORMS, Definition
from evaluations.suites.declared.sandbox import Rendering, render_data

FOLDER = Path(__file__).resolve().parent
# What decides an item's text or its judgement besides the definition.
CODE = ("template.py", "rendering.py", "scoring.py", *(f"{form}.yaml" for form in FORMS))
TASK_NAME = re.compile(r"[a-z0-9_]{1,120}")


class Unsound(Exception):
    """A definition that does not fit its data, found when its task was to be written."""


def task_digest(definition: Definition, data_sha256: str, examples_sha256: str) -> str:
    """SHA-256, hex, over the definition, its data and the code that renders and judges it."""
    code = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in CODE}
    facts = [definition.as_json(), data_sha256, examples_sha256, code]
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def generation_of(definition: Definition) -> dict[str, Any]:
    """Arguments of generation, as a recipe keeps them; empty where nothing is generated."""
    if definition.form != "answer":
        return {}
    until = list(definition.stop)
    return {"until": until, "max_gen_toks": definition.max_tokens, "do_sample": False}


def write_task(
    definition: Definition, *, task: str, data: Path, examples: Path | None, folder: Path
) -> tuple[Path, Rendering]:
    """Render into `folder` (made if need be): the task file and what came of it.

    Raises Unsound, sandbox.Unreadable. The task file is a constant of the project but for `task`.
    """
    if not TASK_NAME.fullmatch(task):
        raise ValueError(f"{task!r} is no name of a task.")
    folder.mkdir(parents=True, exist_ok=True)
    rendering = render_data(definition, data, examples, keep=folder)
    if rendering.problems:
        first = rendering.problems[0]
        raise Unsound(f"Row {first['row']}: {first['message']}")
    judged = {
        "scoring": definition.scoring,
        "pattern": definition.pattern,
        "ignore_case": definition.ignore_case,
    }
    for name in ("items.jsonl", "examples.jsonl"):
        _pack(folder / name, judged)
    source = (FOLDER / f"{definition.form}.yaml").read_text("utf-8")
    if not (folder / "examples.jsonl").stat().st_size:
        # An empty file is no data set to the harness.
        (folder / "examples.jsonl").unlink()
        source = source.replace("    dev: examples.jsonl\n", "").replace("fewshot_split: dev\n", "")
        source = source.replace("fewshot_config:\n  sampler: first_n\n", "")
    shutil.copyfile(FOLDER / "scoring.py", folder / "scoring.py")
    path = folder / f"{task}.yaml"
    path.write_text(source.replace("task: TASK\n", f"task: {task}\n"), "utf-8")
    return path, rendering


def _pack(path: Path, judged: dict[str, Any]) -> None:
    """One column of JSON text, as scoring.unpack reads it."""
    items = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    with path.open("w", encoding="utf-8") as file:
        for item in items:
            text = json.dumps(item | judged, ensure_ascii=False)
            file.write(json.dumps({"item": text}, ensure_ascii=False) + "\n")
