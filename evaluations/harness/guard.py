"""Stand between a worker and an evaluation: sole parent of the child, gone when the worker is gone.

    python -I guard.py '{"rlimits": {...}, "network": false}' LIFELINE_FD EVENT_FD COMMAND...

Stdlib only, no imports from the project. The worker holds the other end of the lifeline pipe: when
the worker dies, however hard, the pipe ends and the whole process group is killed. That works
where PDEATHSIG does not exist, and unlike PDEATHSIG it reaches grandchildren and does not depend
on which of the worker's threads started us. Being a fresh single-threaded process, the guard may
use preexec_fn, which a worker full of threads may not.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000


def leave_network(libc: ctypes.CDLL) -> bool:
    """Move to a network namespace without interfaces: True where the kernel lets us."""
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    return bool(libc.unshare(flags) == 0)


def main() -> int:
    plan = json.loads(sys.argv[1])
    lifeline, events = int(sys.argv[2]), int(sys.argv[3])
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    isolated = libc is not None and not plan["network"] and leave_network(libc)
    os.write(events, json.dumps({"ev": "sandbox", "isolated": isolated}).encode() + b"\n")

    def prepare() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for name, value in plan["rlimits"].items():
            resource.setrlimit(getattr(resource, name), (value, value))

    # The group's SIGTERM is meant for the child; the guard stays to pass on how it ended.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    command = [word.replace("{events}", str(events)) for word in sys.argv[4:]]
    try:
        child = subprocess.Popen(command, pass_fds=(events,), preexec_fn=prepare)  # noqa: PLW1509
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error}\n")
        return 127
    os.close(events)
    while child.poll() is None:
        ended, _, _ = select.select([lifeline], [], [], 0.05)
        if ended:
            os.killpg(0, signal.SIGKILL)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main())
