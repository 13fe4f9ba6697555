"""The one way to write an event: its row, and the nudge for those who want to hear of it."""

from typing import Any

from django.db import transaction

from contributions.models import Contribution, Event
from hub import queue
from hub.models import User


def happened(
    *,
    contribution: Contribution,
    verb: str,
    actor: User | None,
    version_number: int | None = None,
    **fields: Any,
) -> Event:
    """One step of `contribution`, on its newest version unless `version_number` names another.

    `actor` None: the hub itself. After the commit inboxes, webhooks and mail are told: one message,
    however many events a transaction writes. `fields`: what the event points at (models/event.py).
    """
    event = Event.objects.create(
        contribution=contribution,
        verb=verb,
        actor=actor,
        version_number=contribution.head if version_number is None else version_number,
        **fields,
    )
    waiting = transaction.get_connection().run_on_commit
    if all(function is not _announce for _, function, _ in waiting):
        transaction.on_commit(_announce, robust=True)
    return event


def _announce() -> None:
    queue.send("contributions.announce")
