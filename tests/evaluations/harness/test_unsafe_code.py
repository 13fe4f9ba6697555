"""Tasks that run what a model wrote: only where an operator and the kernel give a place for it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from evaluations.harness.confinement import probe
from evaluations.harness.inspect import InspectHarness
from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import TaskSpec
from evaluations.jobs import jobs_of
from tests.evaluations.harness.jobs import failure_of, make_job, run
from tests.factories import make_benchmark_version, make_recipe, make_run
from tests.toys import HARNESS_PYTHON

TASK = """
task: programs
dataset_path: json
dataset_kwargs: {data_files: {test: programs.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{prompt}}"
doc_to_target: ""
generation_kwargs: {until: ["\\n"], do_sample: false, max_gen_toks: 4}
process_results: !function judge.judge
unsafe_code: true
metric_list: [{metric: passed, aggregation: mean, higher_is_better: true}]
"""
JUDGE = """
import subprocess, sys
def judge(doc, results):
    program = "completion = " + repr(results[0]) + "\\n" + doc["check"]
    done = subprocess.run([sys.executable, "-I", "-c", program])
    return {"passed": int(done.returncode == 0)}
"""
# What a program finds out, run as the model's: neither a file of the hub nor a way out.
CHECK = """
import os, socket
open({mark!r}, "a").write("x")
assert isinstance(completion, str)
assert not os.path.exists({secret!r})
try: socket.create_connection(("127.0.0.1", {port}), 2)
except OSError: pass
else: raise AssertionError("there is a network")
"""
INSPECT_TASK = """
import sys
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, accuracy, scorer
from inspect_ai.util import sandbox

@scorer(metrics=[accuracy()])
def passes():
    async def score(state, target):
        program = "completion = " + repr(state.output.completion) + chr(10) + target.text
        done = await sandbox().exec([sys.executable, "-I", "-c", program])
        return Score(value=int(done.success), answer=state.output.completion)
    return score

@task
def programs():
    samples = [Sample(input="def", target=check, id=n + 1) for n, check in enumerate({checks!r})]
    return Task(dataset=samples, scorer=passes(), sandbox="local")
"""


@pytest.fixture
def checks(tmp_path: Path) -> Iterator[list[str]]:
    """Two programs: one that finds nothing to get at, and one that only fails."""
    secret = tmp_path / "site.env"
    secret.write_text("SECRET_KEY=one")
    mark = tmp_path / "work" / "scratch" / "ran"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        yield [CHECK.format(mark=str(mark), secret=str(secret), port=port), "1 / 0"]


@pytest.fixture
def programs(tmp_path: Path, checks: list[str]) -> TaskSpec:
    folder = tmp_path / "task"
    folder.mkdir()
    (folder / "programs.yaml").write_text(TASK)
    (folder / "judge.py").write_text(JUDGE)
    rows = [{"prompt": "def one():", "check": check} for check in checks]
    (folder / "programs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return TaskSpec(
        recipe_digest="programs",
        task="programs",
        metric="passed",
        file=folder / "programs.yaml",
    )


@pytest.mark.django_db
def test_a_run_of_it_is_measured_where_it_may_be_and_sees_nothing(
    harness: LmEvalHarness,
    spoilt: Path,
    tmp_path: Path,
    programs: TaskSpec,
    settings: Settings,
) -> None:
    settings.WORKER_CAPABILITIES = ["code_sandbox"]
    task = {"task": programs.task, "task_file": str(programs.file), "metric": programs.metric}
    version = make_benchmark_version(needs=["code_sandbox"], **task)
    [planned] = jobs_of(make_run(recipes=[make_recipe(version)]), spoilt)
    assert planned.job.resume is not None
    planned.job.resume.mkdir(parents=True, exist_ok=True)
    report = run(harness, planned.job, tmp_path / "work")
    assert report.measurements[0].outcomes == (1.0, 0.0)
    assert (tmp_path / "work" / "scratch" / "ran").read_text() == "x"


def test_it_does_not_run_where_nobody_said_so(
    harness: LmEvalHarness, micro: Path, tmp_path: Path, programs: TaskSpec
) -> None:
    failure = failure_of(harness, make_job(micro, programs), tmp_path / "work")
    assert (failure.code, failure.stage) == ("bad_job", "load_tasks")
    assert "code_sandbox" in failure.message
    assert not (tmp_path / "work" / "scratch" / "ran").exists()


def test_inspect_runs_it_under_the_same_conditions(
    micro: Path, tmp_path: Path, checks: list[str]
) -> None:
    file = tmp_path / "task" / "programs.py"
    file.parent.mkdir()
    file.write_text(INSPECT_TASK.format(checks=checks))
    spec = TaskSpec(
        recipe_digest="programs", task="programs", metric="accuracy", filter="passes", file=file
    )
    inspect = InspectHarness(HARNESS_PYTHON)
    failure = failure_of(inspect, make_job(micro, spec), tmp_path / "refused")
    assert (failure.code, "code_sandbox" in failure.message) == ("bad_job", True)
    report = run(inspect, make_job(micro, spec, unsafe_code=True), tmp_path / "work")
    assert report.measurements[0].outcomes == (1.0, 0.0)
    assert (tmp_path / "work" / "scratch" / "ran").read_text() == "x"


@pytest.mark.parametrize(
    ("changes", "part", "code", "says"),
    [
        ({"network": True}, {}, "bad_job", "without network"),
        ({}, {"files": "restricted"}, "unavailable", "files restricted"),
        ({}, {"processes": "shared", "network": "open"}, "unavailable", "processes shared"),
    ],
)
def test_a_sandbox_that_is_only_declared_is_none(
    harness: LmEvalHarness,
    micro: Path,
    tmp_path: Path,
    programs: TaskSpec,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    part: dict[str, str],
    code: str,
    says: str,
) -> None:
    # The kernel of this machine, less something.
    found = probe() | part
    monkeypatch.setattr("evaluations.harness.lm_eval.harness.probe", lambda: found)
    job = make_job(micro, programs, unsafe_code=True, **changes)
    failure = failure_of(harness, job, tmp_path / "work")
    assert (failure.code, says in failure.message) == (code, True)
    assert not (tmp_path / "work" / "scratch").exists()
