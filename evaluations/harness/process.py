"""Run one supervised child: nothing inherited, bounded, cancellable, dead when its worker is dead."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluations.harness.protocol import Cancelled, Limits

GUARD = Path(__file__).with_name("guard.py")
# A word of the command that becomes the number of the descriptor for events.
EVENTS = "{events}"
INHERITED = ("PATH", "LANG")
POLL_SECONDS = 0.25
GRACE_SECONDS = 1.0
LONGEST_LINE = 1 << 16

Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended. `stopped` is the failure code of the reason we ended it, or None.

    `returncode` is 128 + signal for a child ended by a signal; `wall_seconds` includes starting.
    """

    returncode: int
    stopped: str | None
    why: str
    wall_seconds: float
    peak_rss_bytes: int
    isolated: bool


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
        "OPENBLAS_NUM_THREADS": str(threads),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0",
    }
    return kept | made | ({} if gpu else {"CUDA_VISIBLE_DEVICES": ""})


def read_tail(path: Path, size: int = 8192) -> str:
    """The last `size` bytes of a log as text; empty where there is none. Untrusted text."""
    try:
        with path.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - size))
            return log.read(size).decode("utf-8", "replace").replace("\0", "\ufffd").strip()
    except FileNotFoundError:
        return ""


def group_rss_bytes(group: int) -> int:
    """Resident memory of a process group by /proc; 0 where there is no /proc. Costs about 1 ms."""
    total = 0
    page = os.sysconf("SC_PAGE_SIZE")
    for entry in os.scandir("/proc") if Path("/proc").is_dir() else ():
        if entry.name.isdigit():
            try:
                with Path("/proc", entry.name, "stat").open("rb") as stat:
                    fields = stat.read().rsplit(b")", 1)[1].split()
            except (OSError, IndexError):
                continue
            if int(fields[2]) == group:
                total += int(fields[21]) * page
    return total


def kill_group(process: subprocess.Popen[bytes], grace: float = GRACE_SECONDS) -> None:
    """SIGTERM to the whole group, SIGKILL to what is left of it after `grace` seconds."""
    _signal_group(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    # Also after a clean end: a grandchild that outlived its parent is still in the group.
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
) -> Ending:
    """Run `command` in `scratch` until it ends, breaks a limit or is cancelled.

    Its JSON lines on the descriptor named EVENTS in `command` go to `on_event`, one call each; a
    line that is not a JSON object ends it as bad_output. No exception leaves a process behind.
    """
    read_end, write_end = os.pipe()
    lifeline, held = os.pipe()
    plan = json.dumps({"rlimits": _rlimits(limits), "network": network})
    guard = [sys.executable, "-I", "-S", str(GUARD), plan, str(lifeline), str(write_end), *command]
    try:
        with log.open("ab") as out:
            process = subprocess.Popen(
                guard,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=scratch,
                env=dict(environment),
                pass_fds=(lifeline, write_end),
                start_new_session=True,
            )
    except BaseException:
        os.close(read_end)
        os.close(held)
        raise
    finally:
        os.close(write_end)
        os.close(lifeline)
    try:
        return _Watch(process, read_end, limits, on_event, cancelled).until_the_end()
    finally:
        kill_group(process, grace=0)
        os.close(read_end)
        os.close(held)


class _Watch:
    """The loop around one child: events in, limits checked, the end decided once."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        events: int,
        limits: Limits,
        on_event: Callable[[Event], None],
        cancelled: Cancelled,
    ) -> None:
        self.process = process
        self.events = events
        self.limits = limits
        self.on_event = on_event
        self.cancelled = cancelled
        self.started = self.heard = time.monotonic()
        self.peak = 0
        self.buffer = b""
        self.isolated = False
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
            isolated=self.isolated,
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
        if event.get("ev") == "sandbox":
            self.isolated = event.get("isolated") is True
        else:
            self.on_event(event)

    def _broken_limit(self, now: float) -> tuple[str, str] | None:
        limits = self.limits
        rss = group_rss_bytes(self.process.pid)
        self.peak = max(self.peak, rss)
        if self.cancelled():
            return "cancelled", "The run was cancelled."
        if now - self.started > limits.wall_seconds:
            return "timed_out", f"Not done after {limits.wall_seconds:g} seconds."
        if now - self.heard > limits.stall_seconds:
            return "stalled", f"No progress for {limits.stall_seconds:g} seconds."
        if limits.rss_bytes is not None and rss > limits.rss_bytes:
            used, allowed = rss >> 20, limits.rss_bytes >> 20
            return "out_of_memory", f"Used {used} MiB of memory; {allowed} MiB are allowed."
        return None


def _rlimits(limits: Limits) -> dict[str, int]:
    files = {} if limits.file_bytes is None else {"RLIMIT_FSIZE": limits.file_bytes}
    return {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": limits.open_files, **files}


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
