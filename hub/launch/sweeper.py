"""Cleans up after a parent that was killed outright (SIGKILL, out of memory): a process of its own.

The parent holds the other end of our standard input and tells us what exists, one line each:

    process PID SIGNAL     it runs in a session of its own; SIGNAL is how it likes to be stopped
    gone PID               the parent has seen it end
    folder PATH            throw-away, to be removed
    done                   everything was stopped in order; leave

End of file without `done` means that the parent is dead. Then every process named, and everything that
descends from it in whatever session, is ended: at most `GRACE` seconds, then a kill.
Run by file name with `python -I -S`, so it imports nothing but the standard library.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

GRACE = 5.0
LINUX = sys.platform == "linux"


def parents() -> dict[int, int]:
    """Process -> its parent, for all that live. A zombie is not alive."""
    if LINUX:
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (stat := _stat(int(entry.name))):
                found[int(entry.name)] = int(stat[1])
        return found
    table = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,state="], capture_output=True, text=True, check=False
    ).stdout
    rows = (line.split() for line in table.splitlines())
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def _stat(pid: int) -> list[str] | None:
    # After the last ")" because a process may put anything into its name.
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields
    return None


def identity(pid: int) -> str | None:
    """What tells this process from a later one of the same number; None when it is gone."""
    if LINUX:
        stat = _stat(pid)
        return stat[19] if stat else None
    return str(pid) if pid in parents() else None


def descendants(roots: Iterable[int]) -> set[int]:
    """Everything below `roots`, without them. One pass over the process table."""
    below: dict[int, list[int]] = {}
    for pid, parent in parents().items():
        below.setdefault(parent, []).append(pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        fresh = [pid for pid in below.get(waiting.pop(), []) if pid not in found]
        found.update(fresh)
        waiting.extend(fresh)
    return found


def send(pid: int, number: int) -> None:
    """A signal to a process that may have gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def sweep(processes: dict[int, int], grace: float = GRACE) -> None:
    """End `processes` (pid -> stop signal) and their trees, at most `grace` seconds plus a kill."""
    known = {pid: name for pid in processes if (name := identity(pid))}
    known |= {pid: name for pid in descendants(known) if (name := identity(pid))}
    for pid, number in processes.items():
        send(pid, number)
    deadline = time.monotonic() + grace
    # Once those that can stop in order have gone, nobody is left whom the others work for.
    while known.keys() & processes.keys() and time.monotonic() < deadline:
        time.sleep(0.02)
        known = {pid: name for pid, name in known.items() if identity(pid) == name}
        known |= {pid: name for pid in descendants(known) if (name := identity(pid))}
    for pid in known:
        send(pid, signal.SIGKILL)


def main() -> None:
    """Read until the parent says `done` or is no more."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    processes: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "process":
            pid, number = rest.split()
            processes[int(pid)] = int(number)
        elif word == "gone":
            processes.pop(int(rest), None)
        elif word == "folder":
            folders.append(rest)
        elif word == "done":
            return
    sweep(processes)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
