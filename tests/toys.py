"""The smallest real model, built once a test session and shared by all its workers."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HARNESS_PYTHON = Path(os.environ.get("HARNESS_PYTHON") or ROOT / ".venv-harness" / "bin" / "python")


def build_toys(*arguments: str) -> str:
    """Run evaluations.toys.build with the harness's interpreter; its output."""
    done = subprocess.run(
        [str(HARNESS_PYTHON), "-m", "evaluations.toys.build", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def micro_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a real Llama of 20 training steps; read it, never change it (9 s, once)."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "micro.lock").open("w") as lock:
        # Workers of xdist start together; the second one finds the first one's work.
        fcntl.flock(lock, fcntl.LOCK_EX)
        build_toys(str(shared / "micro"), "--micro")
    return shared / "micro"


def variants_of(micro: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as `adapter`, `merged` with it, and as `gguf`, each in a folder (4 s)."""
    folder = tmp_path_factory.mktemp("variants")
    script = ROOT / "tests" / "evaluations" / "harness" / "variants.py"
    subprocess.run([HARNESS_PYTHON, script, micro, folder], capture_output=True, check=True)
    return folder


def copy_of(model: Path, target: Path) -> Path:
    """A copy of a model folder that a test may spoil."""
    return Path(shutil.copytree(model, target))
