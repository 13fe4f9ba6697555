"""One PostgreSQL server in one folder, started by us.

Decisions, 2026-11:

- TCP on a loopback port with a random password, no unix socket. A socket path may have 103 characters,
  a project folder may have more; and `trust` on loopback would make every user of the machine superuser.
- As root the server runs as another user (account.py) whom the folder is often closed to: nobody can
  enter /root. We open the data folder ourselves and hand it down as a descriptor; the server's data
  directory is then /proc/self/fd/N, which the kernel lets it enter whatever stands above. The data stay
  in the state folder, no parent's mode changes, nothing has to be cleaned up elsewhere. Only Linux has
  this; elsewhere root must choose a folder that the other user can enter, and is told so.
- C.UTF-8 from PostgreSQL's own tables (17 and later): lower() knows all letters, sorting is the same on
  every machine, and an upgrade of the C library cannot break an index.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from hub.launch.account import can_use, server_account
from hub.launch.binaries import find_postgres, reachable
from hub.launch.errors import LaunchError, last_lines
from hub.launch.files import forget_port, kept_port, kept_secret, rotate
from hub.launch.processes import Command, Sweeper, stop
from hub.launch.sweeper import identity, send

ROLE = "tributary"
START_SECONDS = 120  # recovery after a crash reads the log since the last checkpoint
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300")


def server_environment() -> dict[str, str]:
    """Ours, without what would steer PostgreSQL's programs."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


class Postgres:
    """`folder` gets `data/`, `password` and `port`; `durable=False` gives up safety for speed (tests).

    `start()` makes the cluster on first use. First start about 0.5 s, later ones 0.1 s.
    """

    def __init__(self, folder: Path, *, log: Path, sweeper: Sweeper, durable: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.log, self.durable, self.sweeper = folder, log, durable, sweeper
        self.data = folder / "data"
        self.account = server_account(self.data)
        self.install, self.borrowed = reachable(find_postgres(), self.account)
        if self.borrowed:
            sweeper.remove(self.borrowed)
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._descriptor: int | None = None

    def url(self, database: str) -> str:
        """For DATABASE_URL."""
        password = quote(kept_secret(self.folder / "password"), safe="")
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self, pause: Callable[[float], None] = time.sleep) -> None:
        """Start and wait until it takes connections. `pause` may raise to give up."""
        if self.data.exists():
            self._check_major()
            self._end_leftover()
        else:
            self._make_cluster()
        for _ in range(5):
            self.port = kept_port(self.folder / "port")
            if self._came_up(pause):
                return
            forget_port(self.folder / "port")
        raise LaunchError(
            f"PostgreSQL found no free port; its log {self.log} ends:{last_lines(self.log)}"
        )

    def stop(self) -> None:
        """Fast shutdown, at most about 10 s, and the borrowed binaries go."""
        self._stop_process()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self.borrowed:
            shutil.rmtree(self.borrowed, ignore_errors=True)

    def command(self) -> Command:
        """How to start the server again on the same port, once `start()` has been through."""
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
        options += ["log_checkpoints=off", *(() if self.durable else THROW_AWAY)]
        arguments = [argument for option in options for argument in ("-c", option)]
        data = self._server_path(self.data)
        return self._as_server("postgres", "-D", data, *arguments)

    def _as_server(self, program: str, *arguments: str, extra: tuple[int, ...] = ()) -> Command:
        descriptors = extra if self._descriptor is None else (*extra, self._descriptor)
        return Command(
            argv=(str(self.install.bin / program), *arguments),
            env=server_environment(),
            cwd=Path("/"),
            account=self.account,
            pass_fds=descriptors,
            stop_signal=signal.SIGINT,
        )

    def _server_path(self, data: Path) -> str:
        """`data` as the server can reach it; opens the descriptor of the module's docstring."""
        if self.account is None:
            return str(data)
        if sys.platform == "linux" and Path("/proc/self/fd").exists():
            if self._descriptor is None:
                self._descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
            return f"/proc/self/fd/{self._descriptor}"
        if not can_use(self.account, data, "w"):
            raise LaunchError(
                f"PostgreSQL will not run as root, and user {self.account.name} cannot enter {data}. "
                "Run as an ordinary user, set STATE_DIR to a folder outside root's home, or set "
                "DATABASE_URL to a running server."
            )
        return str(data)

    def _make_cluster(self) -> None:
        """initdb beside the place, then one rename: an interrupted first start leaves no half cluster."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile(dir=self.folder, mode="w") as password:
            password.write(kept_secret(self.folder / "password") + "\n")
            password.flush()
            if self.account:
                for path in (fresh, password.name):
                    os.chown(path, self.account.uid, self.account.gid)
            # A second look at the file: the server's user may not enter the folder it lies in.
            with Path(password.name).open() as secret:
                self._initdb(fresh, secret.fileno() if self.account else password.name)
        fresh.rename(self.data)

    def _initdb(self, data: Path, password: int | str) -> None:
        handed = (password,) if isinstance(password, int) else ()
        arguments = ["-D", self._server_path(data), "-U", ROLE, "-A", "scram-sha-256", "-E", "UTF8"]
        on_linux = sys.platform == "linux"
        file = f"/proc/self/fd/{password}" if handed and on_linux else str(password)
        arguments += [f"--pwfile={file}", "--locale=C", "--no-instructions"]
        if self.install.major >= 17:
            arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self.install.major >= 16:
            # The password is 384 random bits; stretching it would only slow every connection.
            arguments += ["-c", "scram_iterations=1"]
        if not self.durable:
            arguments.append("--no-sync")
        with self.log.open("ab") as log:
            code = self._as_server("initdb", *arguments, extra=handed).spawn(log).wait()
        if code != 0:
            raise LaunchError(
                f"PostgreSQL could not make its data folder {self.data}; its log {self.log} ends:"
                f"{last_lines(self.log)}"
            )

    def _check_major(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(self.install.major):
            raise LaunchError(
                f"{self.data} was made by PostgreSQL {made_by}, but this machine now has "
                f"{self.install.version} ({self.install.source}), which cannot read it. Go back to "
                f"PostgreSQL {made_by} and take the data out with pg_dump, or move {self.folder} away to "
                "start empty."
            )

    def _end_leftover(self) -> None:
        """Stop a server that outlived a killed launcher; drop the pid file of one that did not.

        The pid alone proves nothing (numbers are used again, by another PostgreSQL perhaps), so the
        process must also work in this very folder. Our caller holds the state folder's lock.
        """
        pidfile = self.data / "postmaster.pid"
        if not pidfile.exists():
            return
        match = re.match(r"\d+", pidfile.read_text())
        pid = int(match[0]) if match else 0
        if pid and identity(pid) and self._works_here(pid):
            for number, seconds in ((signal.SIGINT, 10), (signal.SIGKILL, 5)):
                send(pid, number)
                deadline = time.monotonic() + seconds
                while identity(pid) and time.monotonic() < deadline:
                    time.sleep(0.02)
        pidfile.unlink(missing_ok=True)

    def _works_here(self, pid: int) -> bool:
        if sys.platform == "linux":
            try:
                return Path(f"/proc/{pid}/cwd").resolve() == self.data.resolve()
            except OSError:
                return False
        line = ["ps", "-o", "command=", "-p", str(pid)]
        answer = subprocess.run(line, capture_output=True, text=True, check=False).stdout
        return "postgres" in answer and str(self.data) in answer

    def _came_up(self, pause: Callable[[float], None]) -> bool:
        """Started and ready: True. Port taken in between: False. Anything else raises."""
        rotate(self.log)
        with self.log.open("ab") as log:
            begin = log.tell()
            self.process = self.command().spawn(log)
        self.sweeper.watch(self.process, signal.SIGINT)
        deadline = time.monotonic() + START_SECONDS
        while self.process.poll() is None:
            if self._says_ready(self.process.pid):
                return True
            if time.monotonic() > deadline:
                break
            pause(0.01)
        self._stop_process()
        with self.log.open("rb") as log:
            log.seek(begin)
            if b"could not bind" in log.read():
                return False
        raise LaunchError(
            f"PostgreSQL did not start; its log {self.log} ends:{last_lines(self.log)}"
        )

    def _stop_process(self) -> None:
        if self.process:
            stop(self.process, signal.SIGINT, 10)
            self.sweeper.forget(self.process.pid)
            self.process = None

    def _says_ready(self, pid: int) -> bool:
        """PostgreSQL's own word, as pg_ctl reads it: first line the pid, last line the state."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
