"""A whole run through the hub against the stock command line, on the same model and tasks.

The hub's time is from the request to the published scores: nudge, claim, fetch from the hub's own mirror,
digests, preflight, measuring, recording. The worker is warm; model and harness load anew in both.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from pytest_django import Settings

from evaluations.actions.request import request_for_boards
from evaluations.actions.seed import seed_suites
from evaluations.models import Board, Run
from evaluations.suites.loader import FOLDER
from hub import origins
from hub.actions.host_repository import host_repository
from hub.manifest import Manifest
from hub.models import Checkpoint, User
from tests.factories import make_checkpoint, make_variant
from tests.running import ROOT, eventually, running_worker, worker_environment
from tests.toys import HARNESS_PYTHON, copy_of, micro_model

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
TURNS = 3


@contextmanager
def mirror(store: Path) -> Iterator[str]:
    """The hub's real mirror in a process of its own, over a store of its own; its HF_ENDPOINT."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--log-level", "warning"]
    command += ["--host", "127.0.0.1", "--port", str(port), "hub.wsgi:application"]
    environment = worker_environment(STORE_DIR=str(store), SECURE_SSL_REDIRECT="0")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        eventually(lambda: _answers(f"http://127.0.0.1:{port}/healthz"), within=60)
        yield f"http://127.0.0.1:{port}/mirror"
    finally:
        process.terminate()
        process.wait(20)


def _answers(address: str) -> bool:
    try:
        return bool(httpx2.get(address, timeout=5).status_code == 200)
    except httpx2.HTTPError:
        return False


def published(ann: User, checkpoint: Checkpoint) -> float:
    """Seconds from the request to the scores."""
    started = time.perf_counter()
    [run] = request_for_boards(actor=ann, checkpoint=checkpoint)
    eventually(lambda: Run.objects.get(pk=run.pk).state in Run.terminal_states(), within=300)
    seconds = time.perf_counter() - started
    run.refresh_from_db()
    assert run.state == "published", run.failure_message
    return seconds


def command_line(model: Path, out: Path) -> float:
    """Seconds that `lm-eval run` takes for the tasks of the demo board."""
    tasks = [
        c.recipe.benchmark_version.task for c in Board.objects.get(automatic=True).columns.all()
    ]
    command = [str(HARNESS_PYTHON), "-m", "lm_eval", "run", "--model", "hf", "--device", "cpu"]
    command += ["--model_args", f"pretrained={model},dtype=float32", "--batch_size", "16"]
    command += ["--include_path", str(FOLDER / "demo"), "--tasks", *tasks]
    command += ["--output_path", str(out), "--log_samples"]
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    started = time.perf_counter()
    # In the folder of the task files: the stock command reads their data from where it stands.
    done = subprocess.run(
        command,
        cwd=FOLDER / "demo",
        env={**os.environ, **offline, "HF_HOME": str(out / "home")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return time.perf_counter() - started


def test_a_whole_run_against_the_stock_command_line(
    ann: User,
    settings: Settings,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = copy_of(micro_model(tmp_path_factory), tmp_path / "model")
    settings.STATE_DIR = tmp_path / "state"
    settings.STATE_DIR.mkdir()
    seed_suites()
    with mirror(tmp_path / "mirror") as endpoint:
        settings.HF_ENDPOINT = endpoint
        checkpoints = [hosted(model, turn, tmp_path, settings) for turn in range(TURNS + 1)]
        settings.STORE_DIR = tmp_path / "store"
        with running_worker(folder=tmp_path, HARNESS_PYTHON=str(HARNESS_PYTHON)):
            published(ann, checkpoints.pop())  # warm: worker, page cache
            pairs = [
                (published(ann, each), command_line(model, tmp_path / f"out-{turn}"))
                for turn, each in enumerate(checkpoints)
            ]
    ours, theirs = (min(column) for column in zip(*pairs, strict=True))
    run = Run.objects.latest("pk")
    with capsys.disabled():
        print(
            f"\nwhole run: hub {ours:.1f} s, lm-eval {theirs:.1f} s, ratio {ours / theirs:.2f} "
            f"(best of {TURNS}); all: {[(round(a, 1), round(b, 1)) for a, b in pairs]}; "
            f"seconds of the last run: {run.timings}"
        )
    shutil.rmtree(tmp_path / "mirror")


def hosted(model: Path, turn: int, tmp_path: Path, settings: Settings) -> Checkpoint:
    """The model on the mirror under a name of its own; other bytes each time, or nothing would run."""
    settings.STORE_DIR = tmp_path / "mirror"
    folder = copy_of(model, tmp_path / f"copy-{turn}")
    (folder / "turn.txt").write_text(str(turn))
    host_repository(folder=folder, owner="headwaters", name=f"turn-{turn}")
    settings.STORE_DIR = tmp_path / "probe"
    origin = origins.get()
    description = origin.describe(f"headwaters/turn-{turn}")
    manifest: Manifest = origin.manifest(description)
    return make_checkpoint(make_variant(description.repo_id), manifest)
