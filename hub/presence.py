"""A worker that is up says so from a thread of its own, as long as it is up."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections

logger = logging.getLogger(__name__)


class Presence(NamedTuple):
    """What a worker knows of itself. `first` is true until a hook has heard it without an error."""

    name: str
    queues: tuple[str, ...]
    processes: int
    first: bool


Hook = Callable[[Presence], object]


class Herald(threading.Thread):
    """Tells every hook at once, and again each `seconds`, until it is stopped."""

    def __init__(
        self,
        hooks: Sequence[Hook],
        *,
        name: str,
        queues: tuple[str, ...],
        processes: int,
        seconds: float,
    ) -> None:
        super().__init__(daemon=True, name="herald")
        self.presence = Presence(name, queues, processes, first=True)
        self.hooks = hooks
        self.seconds = seconds
        self._stop_asked = threading.Event()

    def run(self) -> None:
        connect_alone()
        while True:
            self._tell()
            if self._stop_asked.wait(self.seconds):
                return

    def stop(self) -> None:
        """Nothing is told after this returned, unless a hook hangs for more than a moment."""
        self._stop_asked.set()
        self.join(timeout=2)

    def _tell(self) -> None:
        heard = True
        for hook in self.hooks:
            try:
                hook(self.presence)
            except Exception:
                # Without a database nobody can be told; the next word is as good.
                logger.warning("nobody hears that this worker is up", exc_info=True)
                heard = False
        connections[DEFAULT_DB_ALIAS].close()
        if heard:
            self.presence = self.presence._replace(first=False)


def connect_alone() -> None:
    """A connection of this thread's own, opened for each word and closed after it.

    Not one of the pool: its helper threads do not live on in the children that a worker forks later,
    and a socket that is closed cannot be inherited.
    """
    alone = connections.create_connection(DEFAULT_DB_ALIAS)
    options = {k: v for k, v in alone.settings_dict["OPTIONS"].items() if k != "pool"}
    alone.settings_dict = {**alone.settings_dict, "OPTIONS": options}
    connections[DEFAULT_DB_ALIAS] = alone
