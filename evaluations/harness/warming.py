"""The worker's side of warm.py: a parent that has imported the harness, started when a job needs it.

It only saves time. Where it cannot be had (another platform, imports that leave threads behind, a
second job at once in this process) `start` answers None, and the job starts cold with the same semantics.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluations.harness.protocol import HarnessFailure

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent
WARM = HERE / "warm.py"
# Stands for a job's folder in what modules remember from their import; nothing is ever there.
PLACEHOLDER = "/nonexistent/tributary"
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.25
LARGEST_MESSAGE = 1 << 18
# A parent does nothing but fork; what may leak even so, leaks this often at most.
MOST_JOBS = 500
KILLED = 128 + 9

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A child to be: `command` begins with interpreter and -P; the rest are open descriptors."""

    command: Sequence[str]
    scratch: Path
    environment: Mapping[str, str]
    plan: Mapping[str, Any]
    lifeline: int
    events: int
    log: int


class Forked:
    """A guard that a warm parent forked: what process.py needs of subprocess.Popen."""

    def __init__(self, pid: int, status: int, parent: _Parent) -> None:
        self.pid = pid
        self._gone = os.pidfd_open(pid)
        self._status = status
        self.parent = parent
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit status; subprocess.TimeoutExpired when it is still alive after `timeout` seconds."""
        if self._code is None:
            if not select.select([self._gone], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked guard", timeout or 0)
            said = os.read(self._status, 16)
            self._code = int(said) if said else KILLED
        return self._code

    def close(self) -> None:
        """Let the parent reap it: up to now nobody else could get its number, or its group's."""
        os.close(self._gone)
        os.close(self._status)
        self.parent.reap(self.pid)


class _Parent:
    """One process of warm.py, and `key`, all that makes it fit for a job."""

    def __init__(self, key: object, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.key = key
        self.ready = False
        self.jobs = 0
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.process = subprocess.Popen(
                [word.replace("{control}", str(theirs.fileno())) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=dict(environment),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except OSError:
            self.control.close()
            raise
        finally:
            theirs.close()

    def hear(self, timeout: float) -> dict[str, Any] | None:
        """What it says within `timeout` seconds; ConnectionError when it is gone."""
        if not select.select([self.control], [], [], timeout)[0]:
            return None
        data = self.control.recv(LARGEST_MESSAGE)
        if not data:
            raise ConnectionError("the warm parent is gone")
        said: dict[str, Any] = json.loads(data)
        return said

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def fork(self, start: Start) -> Forked:
        """A guard and its child; HarnessFailure where the parent dies over it."""
        self.jobs += 1
        message = {
            "command": list(start.command[2:]),
            "scratch": str(start.scratch),
            "environment": dict(start.environment),
            "plan": start.plan,
        }
        status, theirs = os.pipe()
        try:
            descriptors = [start.lifeline, start.events, start.log, theirs]
            socket.send_fds(self.control, [json.dumps(message).encode()], descriptors)
            said = self.hear(PATIENCE_SECONDS)
            if said is None:
                raise ConnectionError("the warm parent does not answer")
            return Forked(said["pid"], status, self)
        except OSError as error:
            # There may be a child, of which we know nothing: never a second one beside it.
            os.close(status)
            message_for_people = "The harness's warm parent died as the job began."
            raise HarnessFailure("harness_crashed", message_for_people, stage="start") from error
        finally:
            os.close(theirs)

    def reap(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            self.control.send(json.dumps({"reap": pid}).encode())

    def stop(self) -> None:
        self.control.close()
        self.process.kill()
        self.process.wait()


class Warming:
    """Warm parents of one interpreter with `modules`, found in `folders`, imported; one at a time."""

    def __init__(self, interpreter: Path, *, folders: Sequence[Path], modules: Sequence[str]):
        self.interpreter = interpreter
        self.folders = tuple(folders)
        self.modules = tuple(modules)
        self.owner = os.getpid()
        self.parent: _Parent | None = None
        self._unfit: object = None
        self._busy = threading.Lock()
        atexit.register(self.stop)

    def start(self, start: Start, cancelled: Cancelled) -> Forked | None:
        """The guard of a forked child, or None: start it cold. Call `done` once it has ended."""
        if sys.platform != "linux" or os.getpid() != self.owner:
            return None
        if not self._busy.acquire(blocking=False):
            return None
        try:
            parent = self._fitting(start, cancelled)
            forked = None if parent is None else parent.fork(start)
        except BaseException:
            self._busy.release()
            self.stop()
            raise
        if forked is None:
            self._busy.release()
        return forked

    def done(self, forked: Forked) -> None:
        forked.close()
        self._busy.release()

    def stop(self) -> None:
        """End the parent; jobs it forked have guards of their own and go on."""
        if self.parent is not None and os.getpid() == self.owner:
            self.parent.stop()
            self.parent = None

    def _fitting(self, start: Start, cancelled: Cancelled) -> _Parent | None:
        """A parent that fits this job and is ready; None where there is none, or on cancel."""
        scratch = str(start.scratch)
        environment = {k: v.replace(scratch, PLACEHOLDER) for k, v in start.environment.items()}
        key = (environment, self._stamp())
        if key == self._unfit:
            return None
        parent = self.parent
        if parent is None or parent.key != key or parent.jobs >= MOST_JOBS or not parent.is_alive():
            self.stop()
            try:
                parent = self.parent = _Parent(key, self._command(), environment)
            except OSError:
                self._give_up(key)
                return None
        try:
            if parent.ready or self._becomes_ready(parent, cancelled):
                return parent
        except ConnectionError:
            logger.warning("no warm parent: it ended with %s", parent.process.wait())
            self._give_up(key)
        return None

    def _becomes_ready(self, parent: _Parent, cancelled: Cancelled) -> bool:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            said = parent.hear(POLL_SECONDS)
            if said is not None and said["threads"] == 1:
                parent.ready = True
                return True
            if said is not None:
                logger.warning("no warm parent: its imports start %s threads", said["threads"] - 1)
                break
            if cancelled():
                return False
        self._give_up(parent.key)
        return False

    def _give_up(self, key: object) -> None:
        """Not tried again for the same code in the same environment."""
        self._unfit = key
        self.stop()

    def _command(self) -> list[str]:
        given = {
            "folders": [str(folder) for folder in self.folders],
            "modules": self.modules,
            "placeholder": PLACEHOLDER,
        }
        return [str(self.interpreter), "-P", str(WARM), "{control}", json.dumps(given)]

    def _stamp(self) -> tuple[int, ...]:
        """Changes when our code or the interpreter's packages do: 1 ms."""
        sources = [file for folder in (HERE, *self.folders) for file in folder.glob("*.py")]
        packages = self.interpreter.parent.parent.glob("lib/python*/site-packages")
        return tuple(path.stat().st_mtime_ns for path in sorted([*sources, *packages]))
