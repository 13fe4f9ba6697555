"""The smallest real model, for trying a task: built once a machine, by the harness's interpreter."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

from evaluations.harness.protocol import HarnessFailure

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD_SECONDS = 300


def micro_model(interpreter: Path, folder: Path) -> Path:
    """Its folder under `folder`; ten seconds the first time. HarnessFailure where it cannot be built."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder.absolute() / "micro"
    with (folder / "micro.lock").open("w") as lock:
        # Two checks at once: the second finds what the first built.
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [str(interpreter), "-m", "evaluations.toys.build", str(target), "--micro"]
        try:
            subprocess.run(
                command, cwd=ROOT, capture_output=True, check=True, timeout=BUILD_SECONDS
            )
        except (OSError, subprocess.SubprocessError) as error:
            message = f"The model to try it with cannot be built ({type(error).__name__})."
            raise HarnessFailure("unavailable", message, stage="start") from error
    return target
