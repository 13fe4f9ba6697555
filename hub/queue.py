"""The only door to the broker. A message is a nudge: losing one costs a sweep, never a job."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

import redis
from celery.utils.nodenames import worker_direct
from django.conf import settings
from django.db import transaction
from kombu import Queue
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from hub.celery import app

logger = logging.getLogger(__name__)

# Mail and webhooks: whoever is slow to take them must not hold up checks and sweeps.
POST = "post"


def send(name: str, *args: Any, queue: str | Queue = "default") -> bool:
    """Send task `name` now. False when the broker did not take it; the sweeper will send again.

    `retry=False`: a web request must not wait for a broker that is down.
    """
    try:
        # Celery takes a Queue as well as a name; its types do not know.
        app.send_task(name, args=args, queue=cast(str, queue), retry=False)
    except (KombuError, RedisError, OSError) as error:
        logger.warning("broker did not take %s%r: %s", name, args, type(error).__name__)
        return False
    return True


def send_on_commit(name: str, *args: Any, queue: str = "default") -> None:
    """Send task `name` once the surrounding transaction is committed, never before."""
    transaction.on_commit(partial(send, name, *args, queue=queue), robust=True)


def depth(queue: str) -> int | None:
    """How many messages of `queue` the broker holds; None when it does not answer within a second."""
    depths = _depths([queue])
    return depths[0] if depths else None


def send_to(node: str, name: str, *args: Any) -> bool:
    """Send task `name` to the one worker of that Celery node, who takes it when it has time."""
    return send(name, *args, queue=worker_direct(node))


def letters(nodes: Iterable[str]) -> dict[str, int] | None:
    """How many messages wait for each of these nodes alone; one question. None as `depth` says it."""
    asked = sorted(set(nodes))
    depths = _depths([worker_direct(node).name for node in asked])
    return None if depths is None else dict(zip(asked, depths, strict=True))


def _depths(queues: list[str]) -> list[int] | None:
    """Celery on Redis keeps a queue as one list of that name."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1
        ) as broker:
            pipe = broker.pipeline(transaction=False)
            for queue in queues:
                pipe.llen(queue)
            return [int(length) for length in pipe.execute()]
    except (RedisError, OSError):
        return None


def stop_taking(node: str, queues: Iterable[str]) -> None:
    """Ask the worker of that Celery node to take no message of `queues` any more. Nobody answers: it
    may be gone, and whoever means it asks again."""
    _control(app.control.cancel_consumer, node, queues)


def take_again(node: str, queues: Iterable[str]) -> None:
    """The opposite of `stop_taking`."""
    _control(app.control.add_consumer, node, queues)


def _control(ask: Callable[..., object], node: str, queues: Iterable[str]) -> None:
    try:
        for queue in queues:
            ask(queue, destination=[node])
    except (KombuError, RedisError, OSError) as error:
        logger.warning("broker did not take a word for %s: %s", node, type(error).__name__)
