"""A short storm against real workers, PostgreSQL, Valkey, origin and disk; the rows are the witnesses.

Longer: `python -m tests.chaos --seconds 120 --seed 7`.
"""

import json
import os
import subprocess
import sys

from tests.running import ROOT

SECONDS = float(os.environ.get("CHAOS_SECONDS", "14"))
SEED = int(os.environ.get("CHAOS_SEED", "20261123"))


def test_whatever_happens_every_run_ends_once_with_undisturbed_scores() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--seconds", str(SECONDS), "--seed", str(SEED)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS + 300,
    )
    assert done.stdout, done.stderr[-4000:]
    report = json.loads(done.stdout)
    assert report["complaints"] == [], report
    assert done.returncode == 0
    # Every kind of fault has struck, and there was something to strike at.
    assert {
        "kill_a_worker",
        "restart_the_broker",
        "restart_the_database",
        "spoil_the_origin",
    } <= set(report["faults"])
    assert report["runs"] > SECONDS
