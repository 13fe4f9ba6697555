"""What the launcher's tests share: waiting, looking at processes, and a user without rights."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hub.launch.account import Account, can_use
from hub.launch.sweeper import identity

ROOT = Path(__file__).resolve().parents[3]
NOBODY = Account("nobody", 65534, 65534)
IS_ROOT = os.geteuid() == 0


def until(is_so: Callable[[], object], what: str, seconds: float = 20) -> None:
    """Poll until `is_so()`; fail with `what` when it does not become so in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def number_in(path: Path) -> int:
    """The process number that a dummy program wrote, once it is there."""
    until(lambda: path.exists() and path.read_text().strip().isdigit(), f"a number in {path}")
    return int(path.read_text())


def is_alive(pid: int) -> bool:
    return identity(pid) is not None


def python_for_ordinary_user() -> str:
    """An interpreter that user nobody may execute; ours may lie in somebody's home."""
    if not IS_ROOT:
        return sys.executable
    found = [sys.executable, shutil.which("python3", path="/usr/local/bin:/usr/bin") or ""]
    return next(path for path in found if path and can_use(NOBODY, Path(path), "x"))


def launch(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """A module of ours in a process group of its own, both streams in one pipe."""
    inherited = {
        k: v for k, v in os.environ.items() if k not in {"MAKELEVEL", "DATABASE_URL", "REDIS_URL"}
    }
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=inherited | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
