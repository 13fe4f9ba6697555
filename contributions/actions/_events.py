"""The one way to write an event: its row, that its actor watches now, and the nudge for who listens."""

from typing import Any

from django.db import transaction

from contributions.models import Contribution, Event, Watch
from hub import queue
from hub.models import User

# Whoever does one of these watches from then on, unless they muted it.
TAKING_PART = frozenset({"submitted", "revised", "reviewed", "commented"})


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
    if actor and verb in TAKING_PART:
        Watch.objects.bulk_create(
            [Watch(person=actor, contribution=contribution)], ignore_conflicts=True
        )
    waiting = transaction.get_connection().run_on_commit
    if all(function is not _announce for _, function, _ in waiting):
        transaction.on_commit(_announce, robust=True)
    return event


def _announce() -> None:
    queue.send("contributions.announce")
