"""The shipped definitions, typed and checked. Stdlib only; reads no database."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from evaluations.harness.lm_eval.backend_args import problems
from evaluations.suites.presets import Preset, read_presets

FOLDER = Path(__file__).resolve().parent
INDEX = FOLDER / "suites.toml"
NEEDS = frozenset({"network", "gated", "gpu", "code_sandbox"})
DEFAULT_SEEDS = (1234,)
# What a task file brings with it: data it names, code it names, files it includes.
COMPANIONS = re.compile(
    r"(?:^include:\s*(?P<include>\S+))"
    r"|(?:!function\s+(?P<module>[\w./]+)\.\w+)"
    r"|(?:^\s+\w+:\s+(?P<data>[\w./-]+\.(?:jsonl|json|csv|parquet))\s*$)"
    # A task in Python names its data in a constant.
    r"|(?:^[A-Z_]+ = \"(?P<constant>[\w./-]+\.(?:jsonl|json|csv|parquet))\"$)",
    re.MULTILINE,
)


class BadSuite(ValueError):
    """A definition that contradicts itself or names what is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkDefinition:
    """One benchmark with its default recipe.

    `file` is absolute, or None where `task` is in the harness's registry. `digest` covers the task
    file with its data and code, or for a registered task its name (the harness version is part of
    every recipe besides). `runnable` False declares a benchmark no worker can measure yet. `preset`
    names the protocol whose settings fill what the definition leaves out; `cluster_by` is a field of
    the documents that says which belong together.
    `confidential` keeps questions and answers from all but maintainers; unsaid, it is so for gated ones.
    """

    slug: str
    name: str
    description: str
    task: str
    metric: str
    filter: str
    higher_is_better: bool
    unit: str
    digest: str
    file: Path | None = None
    version: str = "1"
    harness: str = "lm_eval"
    aggregate: Literal["task", "mean_of_groups"] = "task"
    chance: float | None = None
    lower: float | None = None
    upper: float | None = None
    best: float | None = None
    samples: int | None = None
    dataset: str = ""
    needs: tuple[str, ...] = ()
    confidential: bool | None = None
    runnable: bool = True
    n_shot: int = 0
    repeats: int = 1
    seeds: tuple[int, ...] = DEFAULT_SEEDS
    chat: bool = False
    system_prompt: str = ""
    gen_args: Mapping[str, Any] = field(default_factory=dict)
    preset: str = ""
    cluster_by: str = ""

    @property
    def task_file(self) -> str:
        """Path of the task file under evaluations/suites/, or empty."""
        return "" if self.file is None else self.file.relative_to(FOLDER).as_posix()

    @property
    def is_confidential(self) -> bool:
        return "gated" in self.needs if self.confidential is None else self.confidential


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardEntry:
    """A column: a benchmark by slug, its weight in the average (0 is shown only), its label."""

    benchmark: str
    weight: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardDefinition:
    """A board and what its runs share. `requires` is the capability of a worker: cpu or gpu.

    With `automatic` False nobody is measured on it without being asked for.
    """

    slug: str
    title: str
    question: str
    description: str
    requires: Literal["cpu", "gpu"]
    dtype: str
    batch_size: int
    version: int
    entries: tuple[BoardEntry, ...]
    backend: str = "hf"
    backend_args: Mapping[str, Any] = field(default_factory=dict)
    automatic: bool = True


@dataclass(frozen=True, slots=True)
class Suites:
    """Everything the hub ships with."""

    benchmarks: tuple[BenchmarkDefinition, ...]
    boards: tuple[BoardDefinition, ...]

    def benchmark(self, slug: str) -> BenchmarkDefinition:
        return next(item for item in self.benchmarks if item.slug == slug)


def load_suites(index: Path = INDEX) -> Suites:
    """The index, parsed and cross-checked; BadSuite says what is wrong with it."""
    document = tomllib.loads(index.read_text("utf-8"))
    presets = read_presets(document)
    rows = [_with_preset(row, presets) for row in document["benchmark"]]
    benchmarks = tuple(_benchmark(row, index.parent) for row in rows)
    boards = tuple(_board(row) for row in document["board"])
    slugs = [*(item.slug for item in benchmarks), *(item.slug for item in boards)]
    if repeated := {slug for slug in slugs if slugs.count(slug) > 1}:
        raise BadSuite(f"slugs used twice: {', '.join(sorted(repeated))}")
    known = {item.slug: item for item in benchmarks}
    for board in boards:
        for entry in board.entries:
            if entry.benchmark not in known:
                raise BadSuite(f"board {board.slug} names no benchmark: {entry.benchmark}")
            if not known[entry.benchmark].runnable:
                raise BadSuite(f"board {board.slug}: nobody can measure {entry.benchmark}")
    return Suites(benchmarks, boards)


def task_files(path: Path) -> list[Path]:
    """A task file and everything it names, each once, itself first."""
    found = [path]
    for match in COMPANIONS.finditer(path.read_text("utf-8")):
        include, module = match["include"], match["module"]
        data = match["data"] or match["constant"]
        name = include or data or module.replace(".", "/") + ".py"
        companion = (path.parent / name).resolve()
        if not companion.is_file():
            raise BadSuite(f"{path.name} names {name}, which is not there")
        found += task_files(companion) if include else [companion]
    return list(dict.fromkeys(found))


def digest_of_task(files: Iterable[Path]) -> str:
    """SHA-256, hex, over names and contents in the order of the names; where they lie is not
    part of it."""
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.name):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _with_preset(row: dict[str, Any], presets: Mapping[str, Preset]) -> dict[str, Any]:
    name = row.get("preset", "")
    if name and name not in presets:
        raise BadSuite(f"{row.get('slug')} follows a preset that nobody declared: {name}")
    return {**presets[name].settings(), **row} if name else row


def _benchmark(row: dict[str, Any], folder: Path) -> BenchmarkDefinition:
    _only(row, BenchmarkDefinition, "digest")
    values = dict(row)
    file = None
    if "file" in row:
        file = (folder / row["file"]).resolve()
        values["file"] = file
        digest = digest_of_task(task_files(file))
    else:
        identity = [row.get("harness", "lm_eval"), row["task"], row.get("aggregate", "task")]
        digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    for name in ("needs", "seeds"):
        if name in values:
            values[name] = tuple(values[name])
    made = BenchmarkDefinition(**values, digest=digest)
    if strange := set(made.needs) - NEEDS:
        raise BadSuite(f"{made.slug} needs what nobody knows: {', '.join(sorted(strange))}")
    if made.lower is not None and made.upper is not None and made.lower >= made.upper:
        raise BadSuite(f"{made.slug}: its lower bound is not below its upper")
    return made


def _board(row: dict[str, Any]) -> BoardDefinition:
    _only(row, BoardDefinition)
    if row["requires"] not in ("cpu", "gpu"):
        raise BadSuite(f"board {row['slug']} requires {row['requires']}: cpu or gpu")
    if wrong := list(problems(row.get("backend", "hf"), row.get("backend_args", {}))):
        raise BadSuite(f"board {row['slug']}: {' '.join(wrong)}")
    return BoardDefinition(**(row | {"entries": tuple(BoardEntry(**it) for it in row["entries"])}))


def _only(row: dict[str, Any], kind: type, *computed: str) -> None:
    allowed = {item.name for item in fields(kind)} - set(computed)
    if strange := set(row) - allowed:
        raise BadSuite(f"{row.get('slug')}: unknown keys {', '.join(sorted(strange))}")
