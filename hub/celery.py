"""The Celery application. Tasks live in each app's tasks.py; hub/queue.py is the only door to it."""

import atexit
import logging
import os
import socket
from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, worker_ready
from celery.utils.nodenames import worker_direct
from django.conf import settings

from hub.presence import Herald, Hook

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

logger = logging.getLogger(__name__)

app = Celery("hub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# What hands jobs back when a worker stops: called with its name. Each app's tasks.py adds its own.
release_hooks: list[Callable[[str], object]] = []
# What is told that a worker is up: at once, and four times a lease from then on (hub/presence.py).
presence_hooks: list[Hook] = []
_worker = ""
_herald: Herald | None = None


def worker_name() -> str:
    """Who holds a job, in its `worker` column: node name and process id of this Celery worker."""
    return _worker or f"{socket.gethostname()}/{os.getpid()}"


def node_of(worker: str) -> str:
    """The Celery node of a worker's name: whom the broker's control messages are for."""
    return worker.rpartition("/")[0]


@celeryd_init.connect
def _release_at_exit(sender: str | None = None, **_: object) -> None:
    """Hand jobs back as soon as the worker is told to stop, rather than when their lease runs out.

    Not on `worker_shutdown`: Celery 5.7 does not send it after a soft or cold shutdown.
    """
    global _worker  # noqa: PLW0603
    owner = os.getpid()
    _worker = f"{sender}/{owner}"
    atexit.register(_release, owner)


@worker_ready.connect
def _say_that_we_are_up(sender: Any = None, **_: object) -> None:
    """`sender` is Celery's consumer. Its children were forked before this thread began."""
    global _herald  # noqa: PLW0603
    own = worker_direct(node_of(worker_name())).name
    _herald = Herald(
        presence_hooks,
        name=worker_name(),
        queues=tuple(sorted({*sender.app.amqp.queues.consume_from} - {own})),
        processes=sender.controller.concurrency,
        seconds=settings.LEASE_SECONDS / 4,
    )
    _herald.start()


def _release(owner: int) -> None:
    # The pool's children inherit the hook and must not hand back what others hold.
    if os.getpid() != owner:
        return
    if _herald is not None:
        _herald.stop()
    for hook in release_hooks:
        try:
            hook(_worker)
        except Exception:
            logger.exception("could not hand jobs back; their leases will run out")
