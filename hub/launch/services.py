"""PostgreSQL and Valkey together, for one test session.

Our own launcher instead of the wheels' helpers: those create users and open home folders (account.py),
and have no answer to a killed parent.
"""

import os
import shutil
import tempfile
from pathlib import Path

from hub.launch.postgres import Postgres
from hub.launch.processes import Sweeper
from hub.launch.valkey import Valkey


class TemporaryServices:
    """Both servers in a throw-away folder, not durable. Nothing is left behind, however we end.

    Costs about 0.7 s. Call `stop()` in the process that made it; a fork's copy does nothing.
    """

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._sweeper = Sweeper()
        self.folder = Path(tempfile.mkdtemp(prefix="tributary-"))
        self._sweeper.remove(self.folder)
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None

    def start_postgres(self) -> Postgres:
        """A running server with an empty cluster."""
        log = self.folder / "postgres.log"
        self.postgres = Postgres(
            self.folder / "postgres", log=log, sweeper=self._sweeper, durable=False
        )
        self.postgres.start()
        return self.postgres

    def start_valkey(self) -> Valkey:
        """A running, empty server with 256 databases."""
        log = self.folder / "valkey.log"
        self.valkey = Valkey(self.folder / "valkey", log=log, sweeper=self._sweeper, durable=False)
        self.valkey.start()
        return self.valkey

    def stop(self) -> None:
        """Stop both and remove the folder. Safe to call twice."""
        if os.getpid() != self._owner or not self.folder.exists():
            return
        for server in (self.postgres, self.valkey):
            if server:
                server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._sweeper.dismiss()
