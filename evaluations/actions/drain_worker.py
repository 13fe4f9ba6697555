"""Let a worker finish what it holds and take no more, before it is stopped or upgraded."""

from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction

from evaluations import machine
from evaluations.models import Worker
from evaluations.permissions import may_drain_workers
from hub.celery import node_of
from hub.models import User
from hub.queue import stop_taking, take_again
from hub.refusal import Refusal

LONGEST_WHY = 200


def drain_worker(*, actor: User, worker: Worker, why: str = "") -> Worker:
    """From now on `worker` takes no run; what it holds it ends. Again changes only the reason.

    Raises PermissionDenied (maintainers), Refusal nothing_to_drain for one that evaluates nothing
    (it may be stopped at any moment) and worker_gone for one that has stopped.
    """
    _check(actor, worker)
    if not machine.evaluates(tuple(worker.queues)):
        message = f"{worker} takes no runs: it may be stopped at any moment."
        raise Refusal("nothing_to_drain", message)
    if worker.stopped_at is not None:
        raise Refusal("worker_gone", f"{worker} has stopped already.")
    _write(worker, draining=True, drained_by=actor, drain_why=why[:LONGEST_WHY])
    transaction.on_commit(partial(stop_taking, node_of(worker.name), worker.queues), robust=True)
    return worker


def undrain_worker(*, actor: User, worker: Worker) -> Worker:
    """It takes runs again. Raises PermissionDenied (maintainers)."""
    _check(actor, worker)
    _write(worker, draining=False, drained_by=None, drain_why="")
    transaction.on_commit(partial(take_again, node_of(worker.name), worker.queues), robust=True)
    return worker


def _check(actor: User, worker: Worker) -> None:
    if not may_drain_workers(actor):
        raise PermissionDenied(f"Only maintainers may tell {worker} what to take.")


def _write(worker: Worker, **fields: object) -> None:
    for name, value in fields.items():
        setattr(worker, name, value)
    worker.save(update_fields=list(fields))
