"""A tree of processes without any namespace, where only descent tells who belongs to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from evaluations.harness import tree
from tests.evaluations.harness.hostile import running

ROOT = Path(__file__).resolve().parents[3]
# A guard, its child, and an orphan of that child in a session of its own; none hears SIGTERM.
FAMILY = """
import os, signal, sys, time
from evaluations.harness import tree
signal.signal(signal.SIGTERM, signal.SIG_IGN)
guard = os.getpid()
tree.adopt_orphans()
if os.fork() == 0 and os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while os.getppid() != guard: time.sleep(0.01)
        print("orphaned", flush=True)
    else:
        os._exit(0)
time.sleep(60)
"""


def test_whoever_descends_is_found_and_killed_in_any_session(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FAMILY, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as guard:
        assert guard.stdout is not None
        assert guard.stdout.readline() == "orphaned\n"
        alive = set(running(tmp_path))
        sessions = {os.getsid(pid) for pid in alive}
        assert (len(alive), len(sessions)) == (3, 2)
        assert set(tree.descendants(guard.pid)) == alive - {guard.pid}
        tree.kill_below(guard.pid)
        assert tree.descendants(guard.pid) == []
        guard.kill()
