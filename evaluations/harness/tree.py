"""The processes that descend from one: what they use together, and their end. Stdlib only.

Not the process group: a child leaves that with setsid. Whatever it does it stays a descendant of
its guard, to which the kernel gives orphans (adopt_orphans). Without /proc a tree is its root.
"""

from __future__ import annotations

import os
import signal
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from evaluations.harness.confinement import kernel

PAGE = os.sysconf("SC_PAGE_SIZE")
PROC = Path("/proc")
PATIENCE_SECONDS = 5.0
POLL_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tree uses without its root: resident memory in bytes, pages that several processes
    share counted for each; processes, and threads of all of them."""

    memory_bytes: int
    processes: int
    threads: int


def adopt_orphans() -> None:
    """Whatever descends from us and loses its parent becomes our child (Linux)."""
    if kernel.libc is not None:
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)


def usage_below(root: int) -> Usage:
    """About 2 ms."""
    memory = threads = 0
    pids = descendants(root)
    for pid in pids:
        with suppress(OSError, IndexError, ValueError):
            fields = _fields(pid)
            threads += int(fields[17])
            memory += int(fields[21]) * PAGE
    return Usage(memory, len(pids), threads)


def memory_below(root: int) -> int:
    """Bytes, pages that several processes share counted once; never more than Usage.memory_bytes says.
    3 ms a process that was forked from a warm parent, and more for each GiB."""
    total = 0
    for pid in descendants(root):
        with suppress(OSError, IndexError, ValueError):
            total += _memory(pid)
    return total


def kill_below(root: int) -> None:
    """SIGKILL for every descendant, until none is left: they may fork while we look."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (pids := descendants(root)) and time.monotonic() < deadline:
        for pid in pids:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)


def descendants(root: int) -> list[int]:
    """Living processes below `root`, by one look at /proc; one that is born meanwhile may be missed."""
    children = defaultdict(list)
    for entry in PROC.iterdir() if PROC.is_dir() else ():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                state, parent = _fields(int(entry.name))[:2]
                children[int(parent)].append((int(entry.name), state))
    found, parents = [], [root]
    while parents:
        for pid, state in children[parents.pop()]:
            parents.append(pid)
            if state != b"Z":
                found.append(pid)
    return found


def _fields(pid: int) -> list[bytes]:
    """/proc/PID/stat from the state on: a name may hold spaces and brackets."""
    return Path(PROC, str(pid), "stat").read_bytes().rsplit(b")", 1)[1].split()


def _memory(pid: int) -> int:
    """The process's proportional share of its pages; all of them where the kernel does not tell."""
    try:
        for line in Path(PROC, str(pid), "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) << 10
    except (PermissionError, FileNotFoundError):
        pass
    return int(_fields(pid)[21]) * PAGE
