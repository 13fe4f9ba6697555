"""Messages are nudges: each names a row, and a row that needs nothing is left alone."""

import os
import socket

from celery import shared_task

from contributions.actions.announce import announce as announce_events
from contributions.actions.check import run_check
from contributions.actions.deliver import deliver_to
from contributions.actions.send_mail import send_due
from contributions.actions.sweep import sweep as sweep_checks
from contributions.actions.sweep_deliveries import forget_deliveries, sweep_deliveries
from contributions.actions.tell_of_runs import tell_of_runs


@shared_task(name="contributions.check")
def check(check_id: int) -> None:
    run_check(check_id=check_id, worker=f"{socket.gethostname()}:{os.getpid()}")


@shared_task(name="contributions.sweep")
def sweep() -> None:
    sweep_checks()
    tell_of_runs()


@shared_task(name="contributions.announce")
def announce() -> None:
    """After every event, and from beat, for those whose message was lost."""
    announce_events()


@shared_task(name="contributions.deliver")
def deliver(webhook_id: int) -> None:
    deliver_to(webhook_id=webhook_id, worker=f"{socket.gethostname()}:{os.getpid()}")


@shared_task(name="contributions.sweep_deliveries")
def sweep_webhooks() -> None:
    sweep_deliveries()


@shared_task(name="contributions.forget")
def forget() -> None:
    forget_deliveries()


@shared_task(name="contributions.mail")
def mail() -> None:
    send_due()
