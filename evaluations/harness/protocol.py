"""What an evaluation harness is given, what it answers, and how it may fail. No Django in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

Whose = Literal["submitter", "hub"]

# code -> (whose fault it is, whether the same job may succeed when it is tried again).
FAILURES: dict[str, tuple[Whose, bool]] = {
    "missing_config": ("submitter", False),
    "pickle_weights": ("submitter", False),
    "not_a_model": ("submitter", False),
    "config_mismatch": ("submitter", False),
    "adapter_beside_weights": ("submitter", False),
    "foreign_base": ("submitter", False),
    "needs_gpu": ("submitter", False),
    "unsafe_files": ("submitter", False),
    "needs_own_code": ("submitter", False),
    "not_finite": ("submitter", False),
    "out_of_bounds": ("hub", False),
    "bad_job": ("hub", False),
    "bad_output": ("hub", False),
    "too_much_output": ("hub", False),
    "too_many_processes": ("hub", False),
    "timed_out": ("hub", False),
    "cancelled": ("hub", False),
    "unavailable": ("hub", True),
    "out_of_memory": ("hub", True),
    "disk_full": ("hub", True),
    "harness_crashed": ("hub", True),
    "stalled": ("hub", True),
}


class HarnessFailure(Exception):
    """A run that gave no scores, with a reason a person can read.

    `code` is a key of FAILURES, `stage` the step that was under way, `log_tail` the last lines
    the child wrote (untrusted text: escape it when shown).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        stage: str = "",
        log_tail: str = "",
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        whose, again = FAILURES[code]
        self.code = code
        self.message = message
        self.stage = stage
        self.log_tail = log_tail
        self.whose: Whose = whose
        self.retryable = again if retryable is None else retryable

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one child process and all it starts. Seconds and bytes; None means unbounded.

    `file_bytes` is for each file, `folder_bytes` for all it writes; threads count as processes.
    """

    wall_seconds: float = 3600.0
    stall_seconds: float = 900.0
    rss_bytes: int | None = 8 << 30
    file_bytes: int | None = 2 << 30
    open_files: int = 4096
    processes: int = 1024
    log_bytes: int | None = 64 << 20
    folder_bytes: int | None = 16 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """One recipe as the harness needs it: everything that fixes one number.

    `file` names a task file of the hub; None means `task` is in the harness's own registry.
    `n_shot`, `gen_args` and `repeats` of None leave what the task file says. With several seeds
    the task runs once for each, and values and outcomes are averaged. `aggregate` is
    "mean_of_groups" where the value is the unweighted mean over every group entry of the task.
    `cluster_by` names the field of a document that says what belongs together (a passage).
    """

    recipe_digest: str
    task: str
    metric: str
    file: Path | None = None
    filter: str = "none"
    n_shot: int | None = None
    gen_args: Mapping[str, Any] = field(default_factory=dict)
    apply_chat_template: bool = False
    system_prompt: str = ""
    repeats: int | None = None
    seeds: tuple[int, ...] = (1234,)
    limit: int | None = None
    lower: float | None = None
    upper: float | None = None
    aggregate: Literal["task", "mean_of_groups"] = "task"
    cluster_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server that speaks OpenAI's protocol under `base_url` and calls the model `model`.

    `key` stays in the worker's process: no job file, log or report holds it.
    """

    name: str
    base_url: str
    model: str
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One checkpoint and the recipes to measure on it, with what is part of the run's identity.

    `network` lets the child reach datasets on a hub (registry tasks); the model itself never
    needs it. `cache` is a folder for such datasets, kept between jobs by the caller. `backend` and
    `backend_args` are Recipe's; `base_path` is the folder of the base where the checkpoint is an
    adapter; `endpoint` is who answers where the back end is one. `resume` is a folder for answered
    requests that outlives a killed job. `unsafe_code` lets tasks run code that the model writes.
    """

    checkpoint_path: Path
    tasks: tuple[TaskSpec, ...]
    dtype: str = "float32"
    batch_size: int = 16
    backend: str = "hf"
    backend_args: Mapping[str, Any] = field(default_factory=dict)
    base_path: Path | None = None
    endpoint: Endpoint | None = None
    resume: Path | None = None
    device: str = "cpu"
    threads: int = 1
    limits: Limits = field(default_factory=Limits)
    network: bool = False
    unsafe_code: bool = False
    cache: Path | None = None
    hub_endpoint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One metric of one recipe.

    `outcomes` holds one number for each of the `n` samples in document order (empty where the
    metric has none), `doc_hashes` the sha256 of each document. `weights` is None for plain means;
    else `value` is the weighted mean of the outcomes (exp of it for perplexities, whose outcomes
    are in nats). `stderr` is over documents. `n_total` is the size of the whole task.
    `stderr_kind` is Score's; `clusters` names what each document belongs to; `also` holds other
    numbers of the same answers by "metric,filter"; `seconds` is what this recipe took.
    `samples_path` holds prompts and answers as gzipped JSON lines (evaluations/answers/convert.py
    says which), `more_samples` those of the seeds after the first.
    """

    recipe_digest: str
    task: str
    metric: str
    filter: str
    value: float
    stderr: float | None
    n: int
    n_total: int
    outcomes: tuple[float, ...]
    weights: tuple[float, ...] | None
    doc_hashes: tuple[str, ...]
    task_hash: str
    task_version: str
    higher_is_better: bool
    samples_path: Path
    more_samples: tuple[Path, ...] = ()
    stderr_kind: str = "harness"
    clusters: tuple[str, ...] | None = None
    also: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a finished job measured, on what, with what, and how long it took.

    `timings` are seconds by stage, `hardware` holds cpu, cores, memory_bytes, gpus, max_rss_bytes
    and network ("isolated" or "open").
    """

    measurements: tuple[Measurement, ...]
    versions: dict[str, str]
    hardware: dict[str, Any]
    timings: dict[str, float]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is: stage is one of STAGES, done of total counts requests of this phase.

    `task` is what is being answered, `tasks_done` of `tasks` are finished; `fraction` of all that
    the model is asked, None where that cannot be said; `usage` is Run.usage.
    """

    stage: str
    phase: str = ""
    done: int = 0
    total: int = 0
    task: str = ""
    tasks_done: int = 0
    tasks: int = 0
    fraction: float | None = None
    usage: Mapping[str, int] = field(default_factory=dict)


STAGES = ("preflight", "import", "load_model", "load_tasks", "run", "write")

OnProgress = Callable[[Progress], None]
Cancelled = Callable[[], bool]


class Harness(Protocol):
    """A program that measures checkpoints, in a process of its own."""

    name: str

    def versions(self) -> dict[str, str]:
        """Versions of the harness and of what its numbers depend on, without loading them."""

    def evaluate(
        self, job: Job, workdir: Path, *, on_progress: OnProgress, cancelled: Cancelled
    ) -> Report:
        """Run the job in `workdir`, or raise HarnessFailure. Blocks; `cancelled` is polled."""
