"""A test session's servers, as an ordinary user; says where they are and waits for a line.

`python -m tests.hub.launch.session INTERPRETER PG_BIN PG_VERSION VALKEY SWEEPER`. Everything is imported
before rights are given up, for the virtual environment may be closed to the other user; what is started
afterwards is therefore named by the caller.
"""

import encodings.idna  # noqa: F401 - imported by the first connection, too late for us
import json
import os
import sys
from pathlib import Path
from unittest import mock

from hub.launch import sweeper
from hub.launch.binaries import PostgresInstall, ValkeyInstall
from hub.launch.services import TemporaryServices
from tests.hub.launch.helpers import NOBODY


def main(interpreter: str, pg_bin: str, pg_version: str, server: str, script: str) -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY.gid)
        os.setuid(NOBODY.uid)
    sys.executable = interpreter
    sweeper.__file__ = script
    install = PostgresInstall(Path(pg_bin), pg_version, "given")
    services = TemporaryServices()
    with mock.patch("hub.launch.postgres.find_postgres", return_value=install):
        database = services.start_postgres()
    with mock.patch(
        "hub.launch.valkey.find_valkey", return_value=ValkeyInstall(Path(server), "given")
    ):
        broker = services.start_valkey()
    answer = {
        "uid": os.geteuid(),
        "folder": str(services.folder),
        "database_url": database.url("postgres"),
        "redis_url": broker.url(0),
        "pids": [server.process.pid for server in (database, broker) if server.process],
    }
    print(json.dumps(answer), flush=True)  # noqa: T201
    sys.stdin.readline()
    services.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
