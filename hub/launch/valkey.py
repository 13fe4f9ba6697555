"""One Valkey (or Redis) server in one folder, started by us.

It holds nudges and caches, nothing that a row in PostgreSQL does not know as well; so a file that it can
no longer read is moved aside and it starts empty. Loopback port with a random password: a page open in
somebody's browser can reach loopback too.
"""

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from hub.launch.binaries import find_valkey
from hub.launch.errors import LaunchError, last_lines
from hub.launch.files import forget_port, kept_port, kept_secret, rotate
from hub.launch.postgres import server_environment
from hub.launch.processes import Command, Sweeper, stop

START_SECONDS = 30


class Valkey:
    """`folder` gets `data/`, `password`, `port` and `valkey.conf`; `durable` keeps an append-only file."""

    def __init__(self, folder: Path, *, log: Path, sweeper: Sweeper, durable: bool) -> None:
        self.folder, self.log, self.durable, self.sweeper = folder, log, durable, sweeper
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self.install = find_valkey()
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def url(self, database: int) -> str:
        """For REDIS_URL; databases are numbered from 0."""
        password = quote(kept_secret(self.folder / "password"), safe="")
        return f"redis://:{password}@127.0.0.1:{self.port}/{database}"

    def start(self, pause: Callable[[float], None] = time.sleep) -> None:
        """Start and wait until it answers PING. `pause` may raise to give up. About 0.05 s."""
        for attempt in range(5):
            self.port = kept_port(self.folder / "port")
            self._write_configuration()
            begin = self._spawn()
            if self._came_up(pause):
                return
            self.stop()
            with self.log.open("rb") as log:
                log.seek(begin)
                taken = b"in use" in log.read()
            if taken:
                forget_port(self.folder / "port")
            elif self.durable and attempt == 0:
                self._start_empty()
            else:
                break
        raise LaunchError(f"Valkey did not start; its log {self.log} ends:{last_lines(self.log)}")

    def stop(self) -> None:
        """SIGTERM writes what is left and ends; at most 5 s."""
        if self.process:
            stop(self.process, signal.SIGTERM, 5)
            self.sweeper.forget(self.process.pid)
            self.process = None

    def command(self) -> Command:
        """How to start the server again on the same port, once `start()` has been through."""
        return Command(
            argv=(str(self.install.server), str(self.folder / "valkey.conf")),
            env=server_environment(),
            cwd=self.folder,
        )

    def _write_configuration(self) -> None:
        """A file and not arguments, for every user can read the arguments of a process."""
        lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"requirepass {kept_secret(self.folder / 'password')}",
            f'dir "{self.data}"',
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            f"databases {16 if self.durable else 256}",
        ]
        path = self.folder / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n")

    def _spawn(self) -> int:
        rotate(self.log)
        with self.log.open("ab") as log:
            begin = log.tell()
            self.process = self.command().spawn(log)
        self.sweeper.watch(self.process, signal.SIGTERM)
        return begin

    def _came_up(self, pause: Callable[[float], None]) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self.process and self.process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return True
            pause(0.005)
        return False

    def _answers(self) -> bool:
        secret = kept_secret(self.folder / "password")
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(f"AUTH {secret}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\n") < 2 and (more := connection.recv(256)):
                    answer += more
        except OSError:
            return False
        return b"+PONG" in answer

    def _start_empty(self) -> None:
        self.data.rename(self.folder / f"data.unreadable-{int(time.time())}")
        self.data.mkdir()
