"""What a worker knows of the run that it holds: whether to go on, and how far it is."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection

from evaluations.harness.process import read_tail
from evaluations.harness.protocol import Progress
from evaluations.models import Run
from hub.lease import Keeper

# Twice a second: how often the row is read for a cancel and written for progress, at most.
INTERVAL = 0.5


class Watch:
    """Asked and told all the time by fetch and harness; talks to the database twice a second.

    `lost` and `cancelled` say why `must_stop()` answered true. `log` is the file that the child writes
    to: its end is shown while the run lives.
    """

    def __init__(self, run: Run, keeper: Keeper) -> None:
        self.run = run
        self.keeper = keeper
        self.cancelled = False
        self.log: Path | None = None
        self._changes: dict[str, Any] = {}
        self._tail = ""
        self._looked = 0.0

    @property
    def lost(self) -> bool:
        """The lease is somebody else's: nothing may be written any more."""
        return self.keeper.lost.is_set()

    def must_stop(self) -> bool:
        self._talk()
        return self.lost or self.cancelled

    def tell(self, progress: Progress) -> None:
        """How far the run is, and what the machine is at."""
        told = asdict(progress)
        usage = told.pop("usage")
        self._changes |= {"progress": told} | ({"usage": usage} if usage else {})
        self._talk()

    def _talk(self) -> None:
        now = time.monotonic()
        if now - self._looked < INTERVAL or self.lost:
            return
        self._looked = now
        try:
            self._exchange()
        except DatabaseError:
            # A database that is away for a moment stops nothing; the keeper decides about the lease.
            connection.close()

    def _exchange(self) -> None:
        tail = read_tail(self.log) if self.log else ""
        changes = self._changes | ({"log_tail": tail} if tail != self._tail else {})
        if changes:
            if not self.run.renew(**changes):
                self.keeper.lost.set()
                return
            self._changes, self._tail = {}, tail
        held = Run.objects.filter(pk=self.run.pk, **self.run.lease, cancel_asked=True)
        self.cancelled = held.exists()
