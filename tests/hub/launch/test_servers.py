"""PostgreSQL and Valkey in folders of their own: what survives what, and who runs them."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.launch import binaries
from hub.launch.account import can_use
from hub.launch.errors import LaunchError
from hub.launch.files import kept_port, kept_secret, port_is_free
from hub.launch.postgres import Postgres
from hub.launch.processes import Sweeper
from hub.launch.valkey import Valkey
from tests.hub.launch.helpers import (
    IS_ROOT,
    is_alive,
)


class Rack:
    """Makes servers in one folder and stops them afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[Postgres | Valkey] = []
        self.sweeper = Sweeper()

    def postgres(self, *, durable: bool = True) -> Postgres:
        log = self.folder / "postgres.log"
        server = Postgres(self.folder / "postgres", log=log, sweeper=self.sweeper, durable=durable)
        self.servers.append(server)
        return server

    def valkey(self, *, durable: bool = True) -> Valkey:
        log = self.folder / "valkey.log"
        server = Valkey(self.folder / "valkey", log=log, sweeper=self.sweeper, durable=durable)
        self.servers.append(server)
        return server


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Rack]:
    rack = Rack(tmp_path)
    yield rack
    for server in rack.servers:
        server.stop()
    rack.sweeper.dismiss()


def rows(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        answer = connection.execute(statement.encode())
        return answer.fetchall() if answer.description else []


def kill_outright(server: Postgres) -> int:
    assert server.process is not None
    pid = server.process.pid
    server.process.kill()
    server.process.wait()
    return pid


def test_data_and_port_are_the_same_after_a_stop(tmp_path: Path, rack: Rack) -> None:
    first = rack.postgres()
    first.start()
    rows(first, "CREATE TABLE kept AS SELECT 1 AS one")
    first.stop()
    second = rack.postgres()
    second.start()
    assert rows(second, "SELECT one FROM kept") == [(1,)]
    assert second.port == first.port


def test_what_was_committed_survives_a_kill_and_the_stale_pid_file_is_no_obstacle(
    tmp_path: Path, rack: Rack
) -> None:
    first = rack.postgres()
    first.start()
    rows(first, "CREATE TABLE kept AS SELECT 1 AS one")
    kill_outright(first)
    # As if the number had gone to somebody else meanwhile: to us.
    pidfile = first.data / "postmaster.pid"
    lines = pidfile.read_text().splitlines()
    pidfile.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    second = rack.postgres()
    second.start()
    assert rows(second, "SELECT one FROM kept") == [(1,)]


def test_a_server_that_outlived_its_launcher_is_stopped_first(tmp_path: Path, rack: Rack) -> None:
    first = rack.postgres()
    first.start()
    assert first.process is not None
    left = first.process.pid
    second = rack.postgres()
    second.start()
    assert not is_alive(left)
    assert rows(second, "SELECT 1") == [(1,)]


def test_data_of_another_major_version_are_refused_in_plain_words(rack: Rack) -> None:
    server = rack.postgres()
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(LaunchError, match=r"made by PostgreSQL 12, but this machine now has"):
        server.start()


def test_an_interrupted_first_start_is_begun_anew(tmp_path: Path, rack: Rack) -> None:
    half = tmp_path / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = rack.postgres()
    server.start()
    assert rows(server, "SELECT lower('ÄÉ')") == [("äé",)]


def test_a_port_that_was_taken_meanwhile_is_exchanged(tmp_path: Path, rack: Rack) -> None:
    server = rack.postgres()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "postgres" / "port").write_text(str(port))
        server.start()
    assert server.port != port


def test_a_stranger_without_the_password_is_turned_away(tmp_path: Path, rack: Rack) -> None:
    server = rack.postgres(durable=False)
    server.start()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://tributary@127.0.0.1:{server.port}/postgres")
    valkey = rack.valkey(durable=False)
    valkey.start()
    with (
        redis.Redis(port=valkey.port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_a_very_long_folder_name_is_no_obstacle(tmp_path: Path, rack: Rack) -> None:
    deep = tmp_path / ("a" * 100) / ("b with spaces " * 8).strip()
    deep.mkdir(parents=True)
    rack.folder = deep
    rack.postgres(durable=False).start()
    valkey = rack.valkey()
    valkey.start()
    with redis.Redis.from_url(valkey.url(3)) as client:
        assert client.set("key", "value")


def test_valkey_keeps_its_queue_and_starts_empty_where_it_cannot_read_it(
    tmp_path: Path, rack: Rack
) -> None:
    server = rack.valkey()
    server.start()
    with redis.Redis.from_url(server.url(0)) as client:
        client.lpush("default", "nudge")
    server.stop()
    server = rack.valkey()
    server.start()
    with redis.Redis.from_url(server.url(0)) as client:
        assert client.llen("default") == 1
    server.stop()
    for path in (server.data / "appendonlydir").iterdir():
        path.write_bytes(b"not what it wrote\n" * 10)
    server = rack.valkey()
    server.start()
    with redis.Redis.from_url(server.url(0)) as client:
        assert client.llen("default") == 0
    assert list((tmp_path / "valkey").glob("data.unreadable-*"))


def test_the_state_folder_may_be_closed_to_everybody_else(tmp_path: Path, rack: Rack) -> None:
    """As root the server is somebody else, who cannot enter: root's own home is such a place."""
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    rack.folder = closed
    server = rack.postgres()
    server.start()
    assert rows(server, "SELECT 1") == [(1,)]
    rows(server, "CHECKPOINT")
    assert closed.stat().st_mode & 0o777 == 0o700
    if IS_ROOT:
        assert not can_use(server.account, server.data, "r")
        assert server.data.stat().st_uid != 0


def test_binaries_in_a_closed_folder_are_lent_out_and_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rack: Rack
) -> None:
    """A virtual environment below root's home. Without root there is nobody to lend to."""
    install = binaries.find_postgres()
    package = install.bin.parents[1]
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.parent / name, closed / name, symlinks=True)
    inside = binaries.PostgresInstall(
        closed / install.bin.relative_to(package.parent), "18", "closed"
    )
    monkeypatch.setattr("hub.launch.postgres.find_postgres", lambda: inside)
    server = rack.postgres(durable=False)
    borrowed = server.borrowed
    assert (borrowed is not None) == IS_ROOT
    monkeypatch.setattr(
        server, "install", binaries.PostgresInstall(server.install.bin, install.version, "")
    )
    server.start()
    assert rows(server, "SELECT 1") == [(1,)]
    server.stop()
    assert borrowed is None or not borrowed.exists()


def test_a_secret_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    secret = kept_secret(tmp_path / "secret")
    assert len(secret) == 64
    assert kept_secret(tmp_path / "secret") == secret
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_port_is_kept_while_it_is_free(tmp_path: Path) -> None:
    port = kept_port(tmp_path / "port")
    assert kept_port(tmp_path / "port") == port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert not port_is_free(port)
        assert kept_port(tmp_path / "port") != port
