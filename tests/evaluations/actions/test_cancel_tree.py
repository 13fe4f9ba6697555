"""A cancel ends the whole tree of processes, however its members hide."""

import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from evaluations.actions.cancel import cancel_run
from evaluations.actions.evaluate import evaluate
from evaluations.harness import process
from evaluations.harness.protocol import (
    Cancelled,
    HarnessFailure,
    Job,
    Limits,
    OnProgress,
    Progress,
    Report,
)
from evaluations.harness.registry import HARNESSES
from evaluations.models import Run
from hub.models import User
from tests.evaluations.harness.hostile import running
from tests.fast_harness import FastHarness
from tests.running import claimed_run, eventually

pytestmark = pytest.mark.django_db(transaction=True)

# A child and its child, which has a session of its own; neither hears SIGTERM.
FAMILY = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
else:
    os.write(int(sys.argv[1]), b'{"ev": "stage", "stage": "run"}\\n')
time.sleep(600)
"""


class Stubborn(FastHarness):
    """Its evaluation never ends by itself, and its processes carry `mark` in their command line."""

    mark = ""

    def evaluate(
        self, job: Job, workdir: Path, *, on_progress: OnProgress, cancelled: Cancelled
    ) -> Report:
        ending = process.run(
            [sys.executable, "-c", FAMILY, process.EVENTS, self.mark],
            scratch=workdir,
            log=workdir / process.LOG,
            limits=Limits(),
            environment={},
            network=False,
            on_event=lambda _: on_progress(Progress(stage="run")),
            cancelled=cancelled,
        )
        raise HarnessFailure(ending.stopped or "harness_crashed", ending.why)


def in_thread(run: Run) -> threading.Thread:
    def body() -> None:
        evaluate(run)
        connection.close()

    thread = threading.Thread(target=body)
    thread.start()
    return thread


def test_a_grandchild_that_ignores_sigterm_in_its_own_session_is_gone_within_seconds(
    cleo: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stubborn, "mark", str(tmp_path))
    monkeypatch.setitem(HARNESSES, "fast", Stubborn)
    run = claimed_run()
    thread = in_thread(Run.objects.get(pk=run.pk))
    eventually(lambda: len(running(tmp_path)) >= 2, what="the family did not start")
    asked = time.monotonic()
    cancel_run(actor=cleo, run=run)
    eventually(lambda: not running(tmp_path), within=10, what="somebody lives on")
    eventually(lambda: Run.objects.get().state == "cancelled", within=10)
    thread.join(10)
    assert time.monotonic() - asked < 10
    assert [event.to_state for event in run.events.order_by("pk")][-1] == "cancelled"
