"""Jobs on the demo benchmarks, and how to run them."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import HarnessFailure, Job, Measurement, Report, TaskSpec
from evaluations.suites.loader import load_suites

DEMO = ("tributary-capitals", "tributary-arithmetic", "tributary-prose")


def make_spec(slug: str, **changes: Any) -> TaskSpec:
    benchmark = load_suites().benchmark(slug)
    values: dict[str, Any] = {
        "recipe_digest": slug,
        "task": benchmark.task,
        "file": benchmark.file,
        "metric": benchmark.metric,
        "filter": benchmark.filter,
        "lower": benchmark.lower,
        "upper": benchmark.upper,
        "cluster_by": benchmark.cluster_by,
    }
    return TaskSpec(**(values | changes))


def make_job(checkpoint: Path, *specs: TaskSpec, **changes: Any) -> Job:
    tasks = specs or tuple(make_spec(slug) for slug in DEMO)
    return Job(checkpoint_path=checkpoint, tasks=tasks, **changes)


def run(harness: LmEvalHarness, job: Job, workdir: Path) -> Report:
    return harness.evaluate(job, workdir, on_progress=lambda _: None, cancelled=lambda: False)


def failure_of(harness: LmEvalHarness, job: Job, workdir: Path) -> HarnessFailure:
    with pytest.raises(HarnessFailure) as caught:
        run(harness, job, workdir)
    return caught.value


def samples_of(measurement: Measurement) -> list[dict[str, Any]]:
    with gzip.open(measurement.samples_path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read_tensors(path: Path) -> tuple[dict[str, Any], bytes]:
    """Header and data of a safetensors file."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def write_tensors(path: Path, header: dict[str, Any], data: bytes) -> None:
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
