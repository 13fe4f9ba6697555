"""Run one supervised child: nothing inherited, bounded, cancellable, dead when its worker is dead."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evaluations.harness import tree
from evaluations.harness.protocol import Cancelled, Limits
from evaluations.harness.warming import Start, Warming

GUARD = Path(__file__).with_name("guard.py")
# A word of the command that becomes the number of the descriptor for events.
EVENTS = "{events}"
# In the job's folder: all that the child writes beside its events.
LOG = "harness.log"
INHERITED = ("PATH", "LANG")
POLL_SECONDS = 0.25
WEIGH_SECONDS = 1.0
# By how much the sum of resident pages has to grow before their true share is asked for.
GROWN = 1.01
GRACE_SECONDS = 1.0
LONGEST_LINE = 1 << 16

Event = dict[str, Any]


class Supervised(Protocol):
    """The leader of a child's process group: a guard, started by exec or forked."""

    pid: int

    def wait(self, timeout: float | None = None) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended. `stopped` is the failure code of the reason we ended it, or None.

    `returncode` is 128 + signal for a child ended by a signal; `wall_seconds` includes starting.
    `holds` is what confinement.confine answered in the child.
    """

    returncode: int
    stopped: str | None
    why: str
    wall_seconds: float
    peak_rss_bytes: int
    holds: Mapping[str, str]

    @property
    def isolated(self) -> bool:
        return self.holds.get("network") == "isolated"


def clean_environment(scratch: Path, *, threads: int, network: bool, gpu: bool) -> dict[str, str]:
    """The whole environment of a child: no token, database or broker address can be in it."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    home = str(scratch)
    offline = "0" if network else "1"
    made = {
        "HOME": home,
        "TMPDIR": home,
        "XDG_CACHE_HOME": f"{home}/cache",
        "HF_HOME": f"{home}/hf",
        "HF_HUB_OFFLINE": offline,
        "HF_DATASETS_OFFLINE": offline,
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "DO_NOT_TRACK": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        # Only torch computes here; OpenBLAS starts its threads when it is imported.
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0",
        # A parent that forks must have one thread.
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
    }
    return kept | made | ({} if gpu else {"CUDA_VISIBLE_DEVICES": ""})


def read_tail(path: Path, size: int = 8192) -> str:
    """The last `size` bytes of a log as text; empty where there is no such file. Untrusted text.

    The child may write where it lies: a link to somebody else's file, or a pipe, is not read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        end = os.lseek(descriptor, 0, os.SEEK_END)
        data = os.pread(descriptor, size, max(0, end - size))
    finally:
        os.close(descriptor)
    return data.decode("utf-8", "replace").replace("\0", "\ufffd").strip()


def kill_group(process: Supervised, grace: float = GRACE_SECONDS) -> None:
    """SIGTERM to the whole group, SIGKILL after `grace` seconds to what is left, in any session."""
    _signal_group(process, signal.SIGTERM)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        tree.kill_below(process.pid)
    # Also after a clean end: where there is no /proc, grandchildren are still in the group.
    _signal_group(process, signal.SIGKILL)
    process.wait()


def run(
    command: Sequence[str],
    *,
    scratch: Path,
    log: Path,
    limits: Limits,
    environment: Mapping[str, str],
    network: bool,
    on_event: Callable[[Event], None],
    cancelled: Cancelled,
    warm: Warming | None = None,
    folder: Path | None = None,
    read_only: Sequence[Path] = (),
    writable: Sequence[Path] = (),
    gpu: bool = False,
) -> Ending:
    """Run `command` in `scratch` until it ends, breaks a limit or is cancelled; forked from a parent
    of `warm` where it has one.

    Its JSON lines on the descriptor named EVENTS in `command` go to `on_event`, one call each; a
    line that is not a JSON object ends it as bad_output. No exception leaves a process behind.

    The child sees its interpreter, this project's evaluations and system libraries, `read_only`,
    `writable` and `folder`, and no other file. `folder` (`scratch` unless given) is what the limits
    of output are for; nothing but plain files and folders is left in it, safe to open afterwards.
    """
    folder = folder or scratch
    read_end, write_end = os.pipe()
    lifeline, held = os.pipe()
    plan = {
        "rlimits": _rlimits(limits),
        "processes": limits.processes,
        "network": network,
        "gpu": gpu,
        "interpreter": command[0],
        # A log that the child could swap for a link would be read through it.
        "read_only": [str(path) for path in (*read_only, log)],
        "writable": [str(path) for path in (folder, scratch, *writable)],
    }
    forked = None
    started = time.monotonic()
    try:
        with log.open("ab") as out:
            start = Start(
                command=command,
                scratch=scratch,
                environment=environment,
                plan=plan,
                lifeline=lifeline,
                events=write_end,
                log=out.fileno(),
            )
            forked = warm.start(start, cancelled) if warm is not None else None
            process: Supervised = forked or _start_cold(start)
    except BaseException:
        os.close(read_end)
        os.close(held)
        raise
    finally:
        os.close(write_end)
        os.close(lifeline)
    try:
        written = {
            "to its log": (limits.log_bytes, log),
            "to its folder": (limits.folder_bytes, folder),
        }
        watch = _Watch(process, read_end, started, limits, written, on_event, cancelled)
        return watch.until_the_end()
    finally:
        kill_group(process, grace=0)
        _remove_odd_files(folder)
        os.close(read_end)
        os.close(held)
        if warm is not None and forked is not None:
            warm.done(forked)


def _start_cold(start: Start) -> subprocess.Popen[bytes]:
    words = [json.dumps(start.plan), str(start.lifeline), str(start.events), *start.command]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(GUARD), *words],
        stdin=subprocess.DEVNULL,
        stdout=start.log,
        stderr=start.log,
        cwd=start.scratch,
        env=dict(start.environment),
        pass_fds=(start.lifeline, start.events),
        start_new_session=True,
    )


class _Watch:
    """The loop around one child: events in, limits checked, the end decided once."""

    def __init__(
        self,
        process: Supervised,
        events: int,
        started: float,
        limits: Limits,
        written: Mapping[str, tuple[int | None, Path]],
        on_event: Callable[[Event], None],
        cancelled: Cancelled,
    ) -> None:
        self.process = process
        self.events = events
        self.limits = limits
        self.written = written
        self.on_event = on_event
        self.cancelled = cancelled
        self.started = started
        self.heard = time.monotonic()
        self.peak = self.memory = self.most = 0
        self.weighed = 0.0
        self.buffer = b""
        self.holds: dict[str, str] = {}
        self.stopped: tuple[str, str] | None = None

    def until_the_end(self) -> Ending:
        os.set_blocking(self.events, False)
        checked = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(self.events, selectors.EVENT_READ)
            while self.stopped is None:
                if selector.select(POLL_SECONDS) and not self._read():
                    break
                now = time.monotonic()
                if now - checked >= POLL_SECONDS:
                    checked = now
                    self.stopped = self.stopped or self._broken_limit(now)
        if self.stopped is None:
            self._wait_after_last_event()
        if self.stopped is not None:
            kill_group(self.process)
        code, why = self.stopped or (None, "")
        returncode = self.process.wait()
        return Ending(
            returncode=returncode if returncode >= 0 else 128 - returncode,
            stopped=code,
            why=why,
            wall_seconds=time.monotonic() - self.started,
            peak_rss_bytes=self.peak,
            holds=self.holds,
        )

    def _wait_after_last_event(self) -> None:
        """A child may close its events and live on; its limits hold until it is gone."""
        while self.stopped is None:
            try:
                self.process.wait(POLL_SECONDS)
                return
            except subprocess.TimeoutExpired:
                self.stopped = self._broken_limit(time.monotonic())

    def _read(self) -> bool:
        """Take what is in the pipe; False at its end."""
        data = os.read(self.events, LONGEST_LINE)
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            self._take(line)
        if len(self.buffer) > LONGEST_LINE:
            self._take(self.buffer)
        return bool(data)

    def _take(self, line: bytes) -> None:
        if self.stopped is not None:
            return
        try:
            event = json.loads(line) if len(line) <= LONGEST_LINE else None
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            self.stopped = ("bad_output", "The harness wrote a progress line that is not JSON.")
            return
        self.heard = time.monotonic()
        # The first line is the guard's; whoever writes another is not to be believed.
        if event.get("ev") == "sandbox" and not self.holds:
            holds = event.get("holds")
            self.holds = (
                {str(k): str(v) for k, v in holds.items()} if isinstance(holds, dict) else {}
            )
        else:
            self.on_event(event)

    def _broken_limit(self, now: float) -> tuple[str, str] | None:
        limits = self.limits
        used = tree.usage_below(self.process.pid)
        memory = self._memory(used.memory_bytes)
        if self.cancelled():
            return "cancelled", "The run was cancelled."
        if now - self.started > limits.wall_seconds:
            return "timed_out", f"Not done after {limits.wall_seconds:g} seconds."
        if now - self.heard > limits.stall_seconds:
            return "stalled", f"No progress for {limits.stall_seconds:g} seconds."
        if limits.rss_bytes is not None and memory > limits.rss_bytes:
            taken, allowed = memory >> 20, limits.rss_bytes >> 20
            return "out_of_memory", f"Used {taken} MiB of memory; {allowed} MiB are allowed."
        if used.threads > limits.processes:
            message = f"Runs {used.threads} processes and threads; {limits.processes} are allowed."
            return "too_many_processes", message
        return self._too_much_output(now)

    def _memory(self, most: int) -> int:
        """What the tree holds, which is never above `most`: looked at closely only where that has grown,
        or is above the limit. Four close looks a second took a tenth of a processor."""
        limit = self.limits.rss_bytes
        if most > self.most * GROWN or (limit is not None and most > limit):
            self.most = max(self.most, most)
            self.memory = tree.memory_below(self.process.pid)
            self.peak = max(self.peak, self.memory)
        return self.memory

    def _too_much_output(self, now: float) -> tuple[str, str] | None:
        if now - self.weighed < WEIGH_SECONDS:
            return None
        self.weighed = now
        for what, (allowed, path) in self.written.items():
            taken = _bytes_on_disk(path)
            if allowed is not None and taken > allowed:
                message = f"Wrote {taken >> 20} MiB {what}; {allowed >> 20} MiB are allowed."
                return "too_much_output", message
        return None


def _rlimits(limits: Limits) -> dict[str, int]:
    files = {} if limits.file_bytes is None else {"RLIMIT_FSIZE": limits.file_bytes}
    return {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": limits.open_files, **files}


def _bytes_on_disk(path: Path) -> int:
    """What a file, or all files below a folder, take up; links are not followed. 10 µs a file."""
    files = [Path(root, name) for root, _, names in os.walk(path) for name in names]
    total = 0
    for each in files if path.is_dir() else [path]:
        with contextlib.suppress(OSError):
            total += each.lstat().st_blocks * 512
    return total


def _remove_odd_files(folder: Path) -> None:
    """Links out of the folder, pipes that would block a reader: a child left them for whom comes next."""
    for root, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(root, name)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                path.unlink()


def _signal_group(process: Supervised, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
