"""A worker says that it is there, what it has, and that it still is."""

from django.db.models.functions import Now

from evaluations import machine
from evaluations.models import Worker
from hub.celery import node_of
from hub.queue import stop_taking


def announce_worker(
    *, name: str, queues: tuple[str, ...], processes: int = 1, first: bool = True
) -> Worker:
    """The row of the worker `name`, seen now; `first` when it has just started.

    A start counts as a new worker even under an old name (a container's): nothing that was told to
    the last one, such as to drain, holds for it. Later words cost one UPDATE. A worker that drains is
    told again to take no messages, for the broker may have lost that.
    """
    now = {"seen_at": Now(), "stopped_at": None, "store": machine.store_facts()}
    if not first and Worker.objects.filter(name=name).update(**now):
        worker = Worker.objects.get(name=name)
        if worker.draining:
            stop_taking(node_of(name), queues)
        return worker
    fresh = {
        "queues": list(queues),
        "processes": processes,
        "started_at": Now(),
        "draining": False,
        "drained_by": None,
        "drain_why": "",
    }
    worker, _ = Worker.objects.update_or_create(
        name=name, defaults={**machine.facts(queues), **fresh, **now}
    )
    worker.refresh_from_db()
    return worker
