"""Stand between a worker and an evaluation: sole parent of the child, gone when the worker is gone.

    python -I guard.py '{"rlimits": {...}, "network": false}' LIFELINE_FD EVENT_FD COMMAND...

Stdlib only. The worker holds the other end of the lifeline pipe: when
the worker dies, however hard, the pipe ends and the whole process group is killed. That works
where PDEATHSIG does not exist, and unlike PDEATHSIG it reaches grandchildren and does not depend
on which of the worker's threads started us. Being a fresh single-threaded process, the guard may
use preexec_fn, which a worker full of threads may not.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))

from evaluations.harness.confinement import confine


def main() -> int:
    plan = json.loads(sys.argv[1])
    lifeline, events = int(sys.argv[2]), int(sys.argv[3])

    def prepare() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        holds = confine(plan)
        told = {"ev": "sandbox", "isolated": holds["network"] == "isolated", "holds": holds}
        os.write(events, json.dumps(told).encode() + b"\n")

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
