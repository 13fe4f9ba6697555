"""Start processes that never outlive us, and end whole trees of them.

Two nets: a `Sweeper` ends whole trees when we are killed outright, and as a subreaper (Linux) we inherit
the orphans of a program that crashed. Not PR_SET_PDEATHSIG on the programs themselves: it kills the
middle of a tree first, and what sat below in a session of its own is then nobody's child and not found.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hub.launch import sweeper
from hub.launch.account import Account

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def become_subreaper() -> None:
    """From now on orphaned descendants become our children instead of init's. Linux only."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(number: int) -> None:
    """Ask the kernel for signal `number` when the thread that started us dies. Linux only."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


@dataclass(frozen=True)
class Command:
    """How to start one process, as often as needed."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    account: Account | None = None
    pass_fds: tuple[int, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM

    def spawn(self, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start it in a session of its own, both output streams to `output`.

        The session keeps Ctrl-C at the terminal for the launcher, who then stops things in order.
        """
        return subprocess.Popen(
            self.argv,
            env=dict(self.env),
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self.pass_fds,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )


class Sweeper:
    """The process of sweeper.py, and what it has been told. See there."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(sweeper.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def watch(self, process: "subprocess.Popen[bytes]", stop_signal: int) -> None:
        """End this process, and all below it, should we be killed."""
        self._tell(f"process {process.pid} {int(stop_signal)}")

    def forget(self, pid: int) -> None:
        """It has ended; its number may soon belong to somebody else."""
        self._tell(f"gone {pid}")

    def remove(self, folder: Path) -> None:
        """Remove this folder, should we be killed."""
        self._tell(f"folder {folder}")

    def dismiss(self) -> None:
        """Everything was stopped in order."""
        self._tell("done")
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process.stdin:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """The sweeper's own process number."""
        return self._process.pid


def stop(process: "subprocess.Popen[bytes]", number: int, seconds: float) -> None:
    """Signal one process, wait at most `seconds`, then kill its group."""
    if process.poll() is None:
        sweeper.send(process.pid, number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
            process.wait()


def kill_group(pid: int) -> None:
    """SIGKILL to the process group that `pid` leads or led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_orphans(ours: Collection[int]) -> None:
    """Kill and reap the children that we inherited: all but `ours`. At most a second."""
    me = os.getpid()
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        orphans = [
            pid for pid, parent in sweeper.parents().items() if parent == me and pid not in ours
        ]
        if not orphans:
            return
        for pid in orphans:
            sweeper.send(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
