"""The worker's side: write the job, run the child, read what it left."""

from __future__ import annotations

import functools
import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evaluations.harness import process
from evaluations.harness.confinement import probe
from evaluations.harness.lm_eval.results import read_results
from evaluations.harness.protocol import (
    FAILURES,
    Cancelled,
    HarnessFailure,
    Job,
    OnProgress,
    Progress,
    Report,
)
from evaluations.harness.relay import relay
from evaluations.harness.warming import Warming

RUNNER = Path(__file__).with_name("runner.py")
# What a warm parent has imported: our own modules bring torch, transformers and lm_eval; the rest is
# what those load when it is first used.
WARM_MODULES = (
    "session",
    "preflight",
    "tokenizers.trainers",
    "transformers.convert_slow_tokenizer",
    "transformers.generation.candidate_generator",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.llama.modeling_llama",
    "transformers.models.qwen2.modeling_qwen2",
    "transformers.models.qwen3.modeling_qwen3",
)
PACKAGES = ("lm_eval", "torch", "transformers", "tokenizers", "datasets", "accelerate")
VERSIONS_SCRIPT = """
import importlib.metadata, json, platform, sys
found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try: found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError: pass
print(json.dumps(found))
"""
# Ended by SIGKILL, and not by us: the kernel does that when memory is out.
KILLED = 128 + 9
LONGEST_WARNINGS = 50
# Answers of the confinement that mean that a part of it does not hold.
HOLES = frozenset({"shared", "restricted", "open", "all"})
USAGE = ("rss_bytes", "gpu_bytes", "gpu_percent")


class LmEvalHarness:
    """lm-evaluation-harness under `interpreter`, the Python of its own virtual environment."""

    name = "lm_eval"
    packages: tuple[str, ...] = PACKAGES

    def __init__(self, interpreter: Path, *, runner: Path = RUNNER, warm: bool = True) -> None:
        # Not resolved: the link in a virtual environment is what makes it one.
        self.interpreter = interpreter.absolute()
        self.runner = runner
        self.warm = warm

    def versions(self) -> dict[str, str]:
        """Versions by package metadata, nothing loaded (0.1 s)."""
        command = [str(self.interpreter), "-I", "-c", VERSIONS_SCRIPT, *self.packages]
        try:
            done = subprocess.run(command, capture_output=True, check=True, timeout=60, env={})
            found: dict[str, str] = json.loads(done.stdout)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            message = f"The harness interpreter does not run ({type(error).__name__})."
            raise HarnessFailure("unavailable", message, stage="start") from error
        return found

    def evaluate(
        self, job: Job, workdir: Path, *, on_progress: OnProgress, cancelled: Cancelled
    ) -> Report:
        """Run the job; leaves results.json, samples/*.jsonl.gz and harness.log in `workdir`.

        Raises HarnessFailure, with the tail of the log. Blocks for the whole job; `cancelled` is
        polled four times a second from this thread.
        """
        if job.unsafe_code:
            _require_sandbox(job)
        workdir = workdir.absolute()
        scratch = workdir / "scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        (workdir / "results.json").unlink(missing_ok=True)
        (workdir / "job.json").write_text(json.dumps(job_document(job)), "utf-8")
        heard = _Listener(on_progress)
        try:
            with relay(job.endpoint, scratch) as asked:
                ending = self._run(job, workdir, heard, cancelled)
                asked.raise_if_silent(ending.stopped, done=heard.done)
            self._raise_if_failed(ending, heard)
            report = read_results(workdir / "results.json", job, warnings=heard.warnings)
        except HarnessFailure as failure:
            failure.stage = failure.stage or heard.stage
            failure.log_tail = process.read_tail(workdir / "harness.log")
            raise
        report.hardware["network"] = "isolated" if ending.isolated else "open"
        report.hardware["confinement"] = dict(ending.holds)
        report.timings["wall"] = round(ending.wall_seconds, 3)
        return report

    def _run(
        self, job: Job, workdir: Path, heard: _Listener, cancelled: Cancelled
    ) -> process.Ending:
        gpu = job.device != "cpu"
        scratch = workdir / "scratch"
        environment = process.clean_environment(
            scratch, threads=job.threads, network=job.network, gpu=gpu
        )
        if job.cache is not None:
            environment["HF_DATASETS_CACHE"] = str(job.cache.absolute() / "datasets")
            environment["HF_HUB_CACHE"] = str(job.cache.absolute() / "hub")
        if job.network and job.hub_endpoint:
            environment["HF_ENDPOINT"] = job.hub_endpoint
        if job.unsafe_code:
            environment["HF_ALLOW_CODE_EVAL"] = "1"
        command = [str(self.interpreter), "-P", str(self.runner)]
        command += [str(workdir / "job.json"), str(workdir), process.EVENTS]
        return process.run(
            command,
            scratch=scratch,
            log=workdir / "harness.log",
            limits=job.limits,
            environment=environment,
            network=job.network,
            on_event=heard,
            cancelled=cancelled,
            folder=workdir,
            read_only=[*_read_only(job), self.runner],
            writable=[path for path in (job.cache, job.resume) if path is not None],
            gpu=gpu,
            # A GPU's driver does not survive a fork.
            warm=warming_of(self.interpreter) if self.warm and not gpu else None,
        )

    def _raise_if_failed(self, ending: process.Ending, heard: _Listener) -> None:
        if ending.stopped is not None:
            # The same model meets the same limit of memory again on this machine.
            again = False if ending.stopped == "out_of_memory" else None
            raise HarnessFailure(ending.stopped, ending.why, retryable=again)
        if heard.error is not None:
            raise heard.error
        if ending.returncode == KILLED:
            raise HarnessFailure("out_of_memory", "The machine ran out of memory.")
        if ending.returncode == 127:
            raise HarnessFailure("unavailable", "The harness interpreter does not start.")
        if not heard.done:
            message = f"The harness ended without results (exit status {ending.returncode})."
            raise HarnessFailure("harness_crashed", message)


@functools.cache
def warming_of(interpreter: Path) -> Warming:
    """The warm parents of this process for `interpreter`."""
    return Warming(interpreter, folders=[RUNNER.parent], modules=WARM_MODULES)


def _require_sandbox(job: Job) -> None:
    """What a model writes runs only where all of the confinement holds, and never with a network."""
    if job.network:
        message = (
            "Code that a model writes runs without network: its task needs a file and data here."
        )
        raise HarnessFailure("bad_job", message, stage="start")
    holes = [f"{part} {held}" for part, held in probe().items() if held in HOLES]
    if holes:
        message = (
            f"This worker's kernel does not close the place for a model's code: {', '.join(holes)}."
        )
        raise HarnessFailure("unavailable", message, stage="start")


def _read_only(job: Job) -> list[Path]:
    """What the child must see beside its folder. A store that links (hub/store.py) is seen through."""
    models = [path for path in (job.checkpoint_path, job.base_path) if path is not None]
    links = [path for model in models for path in model.rglob("*") if path.is_symlink()]
    tasks = [task.file.parent for task in job.tasks if task.file is not None]
    return [*models, *(path.resolve() for path in links), *tasks]


class _Listener:
    """Events of the child: progress passed on, the last error and the warnings kept."""

    def __init__(self, on_progress: OnProgress) -> None:
        self.on_progress = on_progress
        self.stage = "start"
        self.done = False
        self.error: HarnessFailure | None = None
        self.warnings: list[str] = []

    def __call__(self, event: dict[str, Any]) -> None:
        kind = event.get("ev")
        if kind == "stage":
            self.stage = str(event.get("stage"))[:40]
            self.on_progress(Progress(stage=self.stage))
        elif kind == "progress":
            phase = str(event.get("phase"))[:80]
            done, total = _count(event.get("done")), _count(event.get("total"))
            self.on_progress(
                Progress(
                    stage=self.stage,
                    phase=phase,
                    done=done,
                    total=total,
                    task=str(event.get("task") or "")[:120],
                    tasks_done=_count(event.get("tasks_done")),
                    tasks=_count(event.get("tasks")),
                    fraction=_share(event.get("fraction")),
                    usage=_usage(event.get("usage")),
                )
            )
        elif kind == "warning" and len(self.warnings) < LONGEST_WARNINGS:
            self.warnings.append(str(event.get("message"))[:500])
        elif kind == "error":
            code, message = str(event.get("code")), str(event.get("message"))[:2000]
            code = code if code in FAILURES else "harness_crashed"
            self.error = HarnessFailure(code, message, stage=self.stage)
        elif kind == "done":
            self.done = True


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None


def _usage(value: object) -> dict[str, int]:
    told = value if isinstance(value, dict) else {}
    return {name: _count(told[name]) for name in USAGE if name in told}


def _count(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def job_document(job: Job) -> dict[str, Any]:
    """The job as the child reads it: paths absolute, nothing it does not need."""
    tasks = []
    for task in job.tasks:
        document = asdict(task) | {"gen_args": dict(task.gen_args)}
        document["file"] = None if task.file is None else str(task.file.absolute())
        tasks.append(document)
    return {
        "checkpoint": str(job.checkpoint_path.absolute()),
        "tasks": tasks,
        "backend": job.backend,
        "backend_args": dict(job.backend_args),
        "model_name": job.endpoint.model if job.endpoint else "",
        "resume": None if job.resume is None else str(job.resume.absolute()),
        "base": None if job.base_path is None else str(job.base_path.absolute()),
        "dtype": job.dtype,
        "batch_size": job.batch_size,
        "device": job.device,
        "threads": job.threads,
        "unsafe_code": job.unsafe_code,
    }
