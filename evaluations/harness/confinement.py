"""Take from a process what an evaluation does not need, before it reads anything hostile.

Stdlib only, no imports from the project: guard.py runs it in a bare interpreter, a warm parent in
the children it forks. Where the kernel forbids a part, the rest still holds, and the answer says so.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000


def confine(plan: dict[str, Any]) -> dict[str, str]:
    """Confine the calling process, which must have one thread; what holds afterwards, part by part.

    `plan`: rlimits {name: value}, network (whether it may be used).
    Answers {"network": "isolated" | "open"}.
    """
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    isolated = libc is not None and not plan["network"] and _leave_network(libc)
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for name, value in plan["rlimits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    return {"network": "isolated" if isolated else "open"}


def _leave_network(libc: ctypes.CDLL) -> bool:
    """Move to a network namespace without interfaces: True where the kernel lets us."""
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    return bool(libc.unshare(flags) == 0)
