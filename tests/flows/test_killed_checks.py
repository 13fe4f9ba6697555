"""kill -9 for a process in the middle of a check: another finishes it, once."""

import signal
import socket
import subprocess
import sys
import threading

import pytest
from pytest_django.fixtures import Settings

from contributions.actions.check import run_check
from contributions.actions.sweep import sweep
from contributions.models import Check
from hub.models import User
from tests.contributions.stories import head_checks, submitted
from tests.running import ROOT, eventually, worker_environment

pytestmark = pytest.mark.django_db(transaction=True)

PROGRAM = """
import sys, django
django.setup()
from contributions.actions.check import run_check
run_check(check_id=int(sys.argv[1]), worker="dies")
"""


def test_a_killed_process_loses_no_check_and_counts_none_twice(
    ann: User, settings: Settings
) -> None:
    contribution = submitted(ann)
    check = head_checks(contribution)["origin"]
    asked: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as silence:
        address = f"http://127.0.0.1:{silence.getsockname()[1]}"
        listener = threading.Thread(target=lambda: asked.append(silence.accept()[0]), daemon=True)
        listener.start()
        environment = worker_environment(
            HF_ENDPOINT=address,
            ORIGIN_TIMEOUT="60",
            LEASE_SECONDS="2",
            DJANGO_SETTINGS_MODULE="hub.settings",
        )
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(check.pk)], cwd=ROOT, env=environment
        )
        eventually(lambda: asked, what="the check never asked the origin")
        process.send_signal(signal.SIGKILL)
        process.wait()
        listener.join()
        asked[0].close()
    check.refresh_from_db()
    assert (check.state, check.worker) == ("running", "dies")
    eventually(lambda: Check.objects.overdue().exists(), what="the lease never ran out")
    sweep()
    settings.HF_ENDPOINT = "http://127.0.0.1:9"
    settings.MAX_ATTEMPTS = 2
    run_check(check_id=check.pk, worker="lives")
    check.refresh_from_db()
    assert (check.state, check.attempt, check.worker) == ("errored", 2, "lives")
    assert contribution.events.filter(verb="checked").count() == 1
