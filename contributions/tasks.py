"""Messages are nudges: each names a row, and a row that needs nothing is left alone."""

import os
import socket

from celery import shared_task

from contributions.actions.check import run_check
from contributions.actions.sweep import sweep as sweep_checks


@shared_task(name="contributions.check")
def check(check_id: int) -> None:
    run_check(check_id=check_id, worker=f"{socket.gethostname()}:{os.getpid()}")


@shared_task(name="contributions.sweep")
def sweep() -> None:
    sweep_checks()
