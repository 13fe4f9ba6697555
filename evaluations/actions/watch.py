"""What a worker knows of the run that it holds: whether to go on, and how far it is."""

import time
from typing import Any

from django.db import DatabaseError, connection

from evaluations.models import Run
from hub.lease import Keeper

# Twice a second: how often the row is read for a cancel and written for progress, at most.
INTERVAL = 0.5


class Watch:
    """Asked and told all the time by fetch and harness; talks to the database twice a second.

    `lost` and `cancelled` say why `must_stop()` answered true.
    """

    def __init__(self, run: Run, keeper: Keeper) -> None:
        self.run = run
        self.keeper = keeper
        self.cancelled = False
        self._progress: dict[str, Any] | None = None
        self._looked = 0.0

    @property
    def lost(self) -> bool:
        """The lease is somebody else's: nothing may be written any more."""
        return self.keeper.lost.is_set()

    def must_stop(self) -> bool:
        self._talk()
        return self.lost or self.cancelled

    def tell(self, stage: str, phase: str = "", done: int = 0, total: int = 0) -> None:
        """How far the run is: `done` of `total` (bytes or requests) of this phase."""
        self._progress = {"stage": stage, "phase": phase, "done": done, "total": total}
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
        if self._progress is not None:
            if not self.run.renew(progress=self._progress):
                self.keeper.lost.set()
                return
            self._progress = None
        held = Run.objects.filter(pk=self.run.pk, **self.run.lease, cancel_asked=True)
        self.cancelled = held.exists()
