"""Take from a process what an evaluation does not need, before it reads anything hostile.

Stdlib only, no imports from the project: guard.py runs it in a bare interpreter, a warm parent in
the children it forks. Where the kernel forbids a part, the rest still holds, and the answer says
so. From below: kernel.py (calls that Python has no name for), processes.py, files.py, landlock.py
(where there is no root of its own), syscalls.py.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import files, kernel, landlock, processes, syscalls

PARTS = {
    kernel.CLONE_NEWUSER: ("user", "own", "shared"),
    kernel.CLONE_NEWNET: ("network", "isolated", "open"),
    kernel.CLONE_NEWNS: ("files", "private", "shared"),
    kernel.CLONE_NEWPID: ("processes", "private", "shared"),
}
ALONE = kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
PROBE_SECONDS = 20


def confine(plan: dict[str, Any]) -> dict[str, str]:
    """Confine the calling process, which must have one thread; what holds, part by part.

    `plan`: `rlimits` {name: value}, `network` and `gpu` (whether they may be used), `processes`
    (how many at most, threads counted), `read_only` and `writable` (paths beside what every Python
    program needs; all else is out of sight).

    Answers {"user": "own" | "shared", "network": "isolated" | "open", "files": "private" |
    "restricted" | "shared", "processes": "private" | "shared", "syscalls": "filtered" | "all"}.
    Returns in a grandchild of the caller where processes are private: the caller only waits for it,
    passes its exit status on (128 + n for a signal) and takes it along when it dies. About 15 ms.
    """
    if kernel.libc is not None:
        processes.die_with_parent()
    got = _leave_namespaces(network=plan["network"])
    if kernel.libc is not None:
        # Again: a new user namespace is a change of credentials, which forgets it.
        processes.die_with_parent()
    holds = {
        name: private if got & flag else open_ for flag, (name, private, open_) in PARTS.items()
    }
    if got & kernel.CLONE_NEWNET:
        kernel.raise_loopback()
    if got & kernel.CLONE_NEWPID:
        processes.become_grandchild()
    own_processes = bool(got & kernel.CLONE_NEWPID)
    if got & kernel.CLONE_NEWNS and not files.leave(plan, own_processes=own_processes):
        holds["files"] = "shared"
    _limit(plan, own_user=bool(got & kernel.CLONE_NEWUSER))
    if kernel.libc is not None:
        kernel.drop_privileges()
        if holds["files"] == "shared" and landlock.restrict(plan):
            holds["files"] = "restricted"
        filtered = syscalls.restrict(sockets=plan["network"] or bool(got & kernel.CLONE_NEWNET))
        holds["syscalls"] = "filtered" if filtered else "all"
        if filtered and not plan["network"]:
            holds["network"] = "isolated"
    return {"syscalls": "all"} | holds


def probe() -> dict[str, str]:
    """What `confine` would answer on this machine, found out in a process that ends with it."""
    command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("__main__.py"))]
    try:
        done = subprocess.run(
            command, capture_output=True, check=True, timeout=PROBE_SECONDS, env={}
        )
        found: dict[str, str] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return {name: open_ for name, _, open_ in PARTS.values()} | {"syscalls": "all"}
    return found


def _leave_namespaces(*, network: bool) -> int:
    """As many namespaces of its own as the kernel gives, as a mask of the flags that worked."""
    if kernel.libc is None:
        return 0
    wanted = ALONE
    for flag in PARTS:
        wanted |= 0 if network and flag == kernel.CLONE_NEWNET else flag
    user, group = os.geteuid(), os.getegid()
    if kernel.unshare(wanted):
        kernel.map_identity(user, group)
        return wanted
    # Root in a container without user namespaces may still be allowed the others.
    others = (*PARTS, kernel.CLONE_NEWIPC, kernel.CLONE_NEWUTS)
    return sum(flag for flag in others if flag & wanted and kernel.unshare(flag))


def _limit(plan: dict[str, Any], *, own_user: bool) -> None:
    for name, value in plan["rlimits"].items():
        _lower(getattr(resource, name), value)
    # Counted by user: in a namespace that is this job's alone, else with all that the worker runs.
    if own_user and plan.get("processes"):
        _lower(resource.RLIMIT_NPROC, plan["processes"])


def _lower(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))
