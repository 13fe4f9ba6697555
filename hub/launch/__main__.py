"""`make run`: from nothing to a running site, each step with its time. See the package's docstring."""

import fcntl
import hashlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.launch import config as configuration
from hub.launch import programs
from hub.launch.config import ROOT, Config
from hub.launch.console import Console
from hub.launch.errors import LaunchError, last_lines
from hub.launch.files import kept_secret, port_is_free
from hub.launch.postgres import Postgres
from hub.launch.processes import Sweeper, become_subreaper, die_with_parent
from hub.launch.readiness import check_redis, ensure_database, page_status
from hub.launch.supervisor import Program, StopRequested, Supervisor
from hub.launch.valkey import Valkey

WEB_SECONDS = 90.0


def main() -> int:
    """The exit status: 0 stopped as asked, 1 something did not start, 2 somebody is in the way."""
    try:
        config = configuration.read()
        _make_state(config.state)
        with _only_one(config):
            _launch(config)
    except LaunchError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return error.code
    return 0


def _make_state(state: Path) -> None:
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LaunchError(f"STATE_DIR {state} cannot be made: {error.strerror}.", code=2) from None
    if not os.access(state, os.W_OK | os.X_OK):
        raise LaunchError(f"STATE_DIR {state} cannot be written by this user.", code=2)


@contextmanager
def _only_one(config: Config) -> Iterator[None]:
    """Hold the state folder's lock. The kernel drops it when we die, however we die."""
    with (config.state / "launcher.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise LaunchError(
                f"Tributary is already running from {config.state} ({lock.read().strip()}). Stop it there "
                "with Ctrl-C, or start another with its own folder: make run STATE_DIR=... PORT=...",
                code=2,
            ) from None
        if not port_is_free(config.port):
            raise LaunchError(
                f"Port {config.port} is in use by another program. Stop that, or choose another port: "
                f"make run PORT={config.port + 1 if config.port < 65535 else 8000}",
                code=2,
            )
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {config.url}\n")
        lock.flush()
        yield


def _launch(config: Config) -> None:
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)  # a killed make takes us along
    become_subreaper()
    console, sweeper = Console(config.logs), Sweeper()
    started = time.monotonic()
    console.say(f"Tributary keeps everything in {config.state}")
    try:
        with _Servers() as servers, Supervisor(console, sweeper) as supervisor:
            env = _prepare(config, supervisor, servers)
            _leave_environment(config, env)
            _start_site(config, supervisor, env)
            if config.demo:
                _show_accounts(console, env)
            console.say(f"Tributary is running at {config.url}")
            console.say(
                f"({time.monotonic() - started:.1f} s; logs in {config.logs}; Ctrl-C stops it)"
            )
            supervisor.run_until_stopped()
            console.say("Stopping.")
    except StopRequested:
        console.say("Stopped before it was up.")
    finally:
        sweeper.dismiss()
        (config.state / "site.env").unlink(missing_ok=True)
    console.say("Everything has stopped.")


class _Servers:
    """Those that we started; the supervisor has stopped them by the time we clean up."""

    def __init__(self) -> None:
        self.started: list[Postgres | Valkey] = []

    def __enter__(self) -> "_Servers":
        return self

    def __exit__(self, *_: object) -> None:
        for server in self.started:
            server.stop()


def _prepare(config: Config, supervisor: Supervisor, servers: _Servers) -> dict[str, str]:
    """Servers, database, tables and static files; the environment for the site's programs."""
    console = supervisor.console
    began = time.monotonic()
    database_url = config.database_url or _start_postgres(config, supervisor, servers)
    version = ensure_database(database_url)
    whose = "of DATABASE_URL" if config.database_url else "is ours, in " + _short(config.state)
    console.step(f"PostgreSQL {version} {whose}", began)
    began = time.monotonic()
    redis_url = config.redis_url or _start_valkey(config, supervisor, servers)
    version = check_redis(redis_url)
    console.step(
        f"Redis protocol {version} {'of REDIS_URL' if config.redis_url else 'is ours'}", began
    )
    env = programs.environment(
        config,
        database_url=database_url,
        redis_url=redis_url,
        secret_key=config.secret_key or kept_secret(config.state / "secret_key"),
    )
    began = time.monotonic()
    _step(supervisor, programs.manage("migrate", env, "migrate", "--noinput"))
    console.step("Tables are up to date", began)
    began = time.monotonic()
    if _collect_static(config, supervisor, env):
        console.step("Static files are collected", began)
    return env


def _short(path: Path) -> str:
    return path.name if path.is_relative_to(ROOT) else str(path)


def _start_postgres(config: Config, supervisor: Supervisor, servers: _Servers) -> str:
    log = config.logs / "postgres.log"
    server = Postgres(config.state / "postgres", log=log, sweeper=supervisor.sweeper, durable=True)
    servers.started.append(server)
    server.start(supervisor.pause)
    _hand_over(supervisor, "postgres", server, log)
    return server.url("tributary")


def _start_valkey(config: Config, supervisor: Supervisor, servers: _Servers) -> str:
    log = config.logs / "valkey.log"
    server = Valkey(config.state / "valkey", log=log, sweeper=supervisor.sweeper, durable=True)
    servers.started.append(server)
    server.start(supervisor.pause)
    _hand_over(supervisor, "valkey", server, log)
    return server.url(0)


def _hand_over(supervisor: Supervisor, name: str, server: Postgres | Valkey, log: Path) -> None:
    """From here on the supervisor restarts and stops it."""
    if server.process:
        supervisor.adopt(Program(name, server.command(), rank=0, log=log), server.process)
        server.process = None


def _step(supervisor: Supervisor, program: Program) -> None:
    status = supervisor.run(program)
    if status != 0:
        log = supervisor.console.log(program.name)
        command = " ".join(program.command.argv[1:])
        raise LaunchError(
            f"`{command}` failed (exit status {status}); {log} ends:{last_lines(log, 25)}"
        )


def _collect_static(config: Config, supervisor: Supervisor, env: dict[str, str]) -> bool:
    """Only when something may have changed: hashing and compressing everything takes seconds."""
    stamp, digest = config.state / "static.stamp", _static_digest(env)
    if stamp.exists() and stamp.read_text() == digest and (config.state / "static").is_dir():
        return False
    _step(supervisor, programs.manage("static", env, "collectstatic", "--noinput", "-v", "0"))
    stamp.write_text(digest)
    return True


def _static_digest(env: dict[str, str]) -> str:
    """Of the names, sizes and times of our own files, and of what fixes everybody else's."""
    digest = hashlib.sha256(env.get("DEBUG", "").encode())
    files = [ROOT / "requirements" / "base.txt", ROOT / "hub" / "settings.py"]
    files += sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
    for path in files:
        if path.exists():
            stat = path.stat()
            digest.update(
                f"{path.relative_to(ROOT)}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode()
            )
    return digest.hexdigest()


def _start_site(config: Config, supervisor: Supervisor, env: dict[str, str]) -> None:
    """Pages first, since somebody waits for them; then workers, beat and the demo."""
    began = time.monotonic()
    supervisor.start(programs.web(config, env))
    log = supervisor.console.log("web")
    status: int | None = None

    def answers() -> bool:
        nonlocal status
        if supervisor.crashes("web") > 1:
            raise LaunchError(f"The web server does not start; {log} ends:{last_lines(log, 25)}")
        status = page_status(config.port)
        return status is not None

    if not supervisor.wait_for(answers, WEB_SECONDS):
        raise LaunchError(
            f"No page came within {WEB_SECONDS:.0f} s; {log} ends:{last_lines(log, 25)}"
        )
    if status is not None and status >= 500:
        supervisor.console.say(f"The front page answers with error {status}; see {log}")
    supervisor.console.step("Pages are served", began)
    for program in programs.background(config, env):
        supervisor.start(program)
    if not config.harness_python.exists():
        supervisor.console.say(
            f"There is no harness at {config.harness_python}: evaluation runs wait in their queue. "
            "`make harness`, then start again."
        )


def _leave_environment(config: Config, env: dict[str, str]) -> None:
    """For `manage.py` beside a running site (hub/settings.py reads it); its owner's eyes only."""
    path = config.state / "site.env"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    names = sorted(programs.OWN_NAMES & set(env))
    path.write_text("".join(f"{name}={shlex.quote(env[name])}\n" for name in names))


def _show_accounts(console: Console, env: dict[str, str]) -> None:
    """To the terminal only: a log file must not hold the password."""
    command = (*programs.MANAGE, "demo_accounts")
    made = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise LaunchError(f"The demo accounts could not be made: {last_lines_of(made.stderr)}")
    console.say("Accounts of the demo:")
    for line in made.stdout.splitlines():
        console.say(line)


def last_lines_of(text: str, count: int = 5) -> str:
    return "\n".join(text.strip().splitlines()[-count:])


if __name__ == "__main__":
    sys.exit(main())
