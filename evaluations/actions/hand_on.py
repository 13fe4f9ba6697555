"""Pass on a message that reached a worker which can take nothing of what waits."""

from collections.abc import Iterable

from django.db.models import Count

from evaluations.models import Run, Worker
from hub.celery import node_of
from hub.queue import letters, send, send_to, stop_taking


def hand_on(*, queue: str, worker: str) -> bool:
    """Whether it was. Else nobody who is there can use it, or there are messages enough.

    It cannot go round for ever: one that drains was told to take no more, and what only others are
    fit for goes to the queue of one of them alone, which never holds more messages than there are runs.
    """
    reader = Worker.objects.filter(name=worker).first()
    if reader is None:
        return False  # it takes anything
    others = Worker.objects.alive().filter(queues__contains=[queue], draining=False)
    if reader.draining:
        stop_taking(node_of(worker), [queue])
        return others.exists() and send("evaluations.work", queue, queue=queue)
    needs = _needs_beyond(reader, queue)
    node = _freest(others.exclude(pk=reader.pk), needs) if needs else None
    return node is not None and send_to(node, "evaluations.work", queue)


def _needs_beyond(reader: Worker, queue: str) -> list[tuple[frozenset[str], int]]:
    """Of due runs that `reader` is not fit for: what they need, and how many need just that."""
    beyond = Run.objects.due().filter(queue=queue).exclude(needs__contained_by=reader.abilities)
    counted = beyond.order_by().values_list("needs").annotate(n=Count("pk"))
    return [(frozenset(needs), n) for needs, n in counted]


def _freest(others: Iterable[Worker], needs: list[tuple[frozenset[str], int]]) -> str | None:
    """The node of whoever is fit for some of it and has least to do for its size."""
    usable = {each: _usable(each, needs) for each in others}
    fit = {each: count for each, count in usable.items() if count}
    waiting = letters(node_of(each.name) for each in fit) or {}
    held = Run.objects.filter(state__in=Run.HELD_STATES, worker__in=[each.name for each in fit])
    busy = dict(held.order_by().values_list("worker").annotate(Count("pk")))
    loads = {}
    for each, count in fit.items():
        node = node_of(each.name)
        if waiting.get(node, count) < count:
            loads[node] = (waiting[node] + busy.get(each.name, 0)) / each.processes
    return min(loads, key=lambda node: loads[node], default=None)


def _usable(worker: Worker, needs: list[tuple[frozenset[str], int]]) -> int:
    return sum(n for each, n in needs if each.issubset(worker.abilities))
