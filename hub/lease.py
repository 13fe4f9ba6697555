"""Jobs that a worker holds for a while: claim, renew, hand back, sweep. All times are the database's.

A claim bumps `attempt` and `lease_token`; every later write of that worker is guarded by the token,
so a worker that comes back after its lease was taken changes nothing. Runs and checks both lean on
this; the proof that the scheme loses nothing stands in tests/flows/.
"""

import threading
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import DatabaseError, connection, models
from django.db.models import Q
from django.db.models.functions import Now

from hub.state import Stateful


def from_now(seconds: float) -> models.expressions.Combinable:
    """The database clock plus `seconds` (may be negative)."""
    return Now() + timedelta(seconds=seconds)


class LeasedQuerySet(models.QuerySet[Any]):
    def overdue(self) -> Self:
        """Held by a worker whose lease has run out."""
        return self.filter(state__in=self.model.HELD_STATES, lease_until__lt=Now())

    def unsent(self, after_seconds: float) -> Self:
        """Waiting, and never announced to the broker or announced longer ago than that."""
        stale = Q(sent_at=None) | Q(sent_at__lt=from_now(-after_seconds))
        return self.filter(stale, state=self.model.WAITING_STATE)


class Leased(Stateful):
    """A row that is a job. Subclasses name WAITING_STATE, HELD_STATES and the state after a claim."""

    WAITING_STATE = "queued"
    HELD_STATES: frozenset[str] = frozenset()

    attempt = models.PositiveSmallIntegerField(default=0, editable=False)
    lease_token = models.PositiveBigIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    worker = models.CharField(max_length=200, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def lease(self) -> dict[str, int]:
        """The guard that every write of the holder carries."""
        return {"attempt": self.attempt, "lease_token": self.lease_token}

    def claim(self, to: str, *, worker: str, **changes: Any) -> None:
        """Take the waiting job: one conditional UPDATE. Raises IllegalMove when another was first."""
        self.move(
            to,
            guard=self.lease,
            attempt=models.F("attempt") + 1,
            lease_token=models.F("lease_token") + 1,
            lease_until=from_now(settings.LEASE_SECONDS),
            worker=worker[:200],
            **changes,
        )

    def renew(self, **changes: Any) -> bool:
        """Extend the lease and set `changes` (progress, log tail). False: it is no longer ours."""
        manager = type(self)._default_manager
        held = manager.filter(pk=self.pk, state__in=self.HELD_STATES, **self.lease)
        return bool(held.update(lease_until=from_now(settings.LEASE_SECONDS), **changes))


class Keeper(threading.Thread):
    """Renews the lease of `job` from a thread of its own; sets `lost` when the job is not ours any more.

    It has its own database connection, so that a long transaction of the worker cannot starve it.
    """

    def __init__(self, job: Leased) -> None:
        super().__init__(daemon=True, name=f"lease of {job._meta.model_name} {job.pk}")
        self.job = job
        self.lost = threading.Event()
        self._stop_asked = threading.Event()

    def run(self) -> None:
        while not self._stop_asked.wait(settings.LEASE_SECONDS / 4):
            try:
                if not self.job.renew():
                    self.lost.set()
                    break
            except DatabaseError:
                connection.close()
        connection.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop_asked.set()
        self.join()
