"""Stand between a worker and an evaluation: sole parent of the child, gone when the worker is gone.

    python -I guard.py '{"rlimits": {...}, "network": false, ...}' LIFELINE_FD EVENT_FD COMMAND...

Stdlib only. The worker holds the other end of the lifeline pipe: when the worker dies, however
hard, the pipe ends and all that descends from the guard is killed. That works where PDEATHSIG does
not exist, and unlike PDEATHSIG it reaches grandchildren, those in sessions of their own too, and
does not depend on which of the worker's threads started us. A guard has one thread, so it may fork
and confine, which a worker full of threads may not.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))

from evaluations.harness import tree
from evaluations.harness.confinement import confine

POLL_SECONDS = 0.05


def stand(plan: dict[str, Any], lifeline: int, events: int, start: Callable[[], int]) -> int:
    """Run `start` in a confined child and stay until it ends; its exit status, 128 + n for a signal.

    `plan` is confine's; its answer goes to `events` first: {"ev": "sandbox", "holds": {...}}. `start`
    answers the exit status, or replaces the child by another program.
    """
    # The group's SIGTERM is meant for the child; the guard stays to pass on how it ended.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tree.adopt_orphans()
    child = os.fork()
    if child == 0:
        os._exit(_confined(plan, lifeline, events, start))
    os.close(events)
    while (status := _ended(child)) is None:
        if select.select([lifeline], [], [], POLL_SECONDS)[0]:
            tree.kill_below(os.getpid())
            os.killpg(0, signal.SIGKILL)
    tree.kill_below(os.getpid())
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _confined(plan: dict[str, Any], lifeline: int, events: int, start: Callable[[], int]) -> int:
    try:
        os.close(lifeline)
        holds = confine(plan)
        told = {"ev": "sandbox", "isolated": holds["network"] == "isolated", "holds": holds}
        os.write(events, json.dumps(told).encode() + b"\n")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        return start()
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        return 1


def _ended(child: int) -> int | None:
    """The child's wait status, or None while it lives; orphans that came to us are reaped as well."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == child:
            return status
        if pid == 0:
            return None


def main() -> int:
    plan = json.loads(sys.argv[1])
    lifeline, events = int(sys.argv[2]), int(sys.argv[3])
    command = [word.replace("{events}", str(events)) for word in sys.argv[4:]]

    def start() -> int:
        try:
            os.set_inheritable(events, True)
            os.execvp(command[0], command)  # noqa: S606
        except OSError as error:
            sys.stderr.write(f"cannot start {command[0]}: {error}\n")
            return 127

    return stand(plan, lifeline, events, start)


if __name__ == "__main__":
    sys.exit(main())
