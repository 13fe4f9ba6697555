"""A test session's two servers, for whoever is not root, and what a kill leaves of them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from hub.launch import binaries, sweeper
from tests.hub.launch.helpers import (
    IS_ROOT,
    NOBODY,
    ROOT,
    is_alive,
    python_for_ordinary_user,
    until,
)


@pytest.fixture
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator["subprocess.Popen[str]"]:
    """A test session's servers as an ordinary user: nobody where we are root, else ourselves."""
    install, borrowed = binaries.reachable(binaries.find_postgres(), NOBODY if IS_ROOT else None)
    # What lies in somebody's home is lent out for the time of the test.
    lent = Path(tempfile.mkdtemp())
    lent.chmod(0o755)
    valkey = shutil.copy(binaries.find_valkey().server, lent / "valkey-server")
    script = shutil.copy(sweeper.__file__, lent / "sweeper.py")
    for path in (valkey, script):
        Path(path).chmod(0o755)
    given = (
        python_for_ordinary_user(),
        str(install.bin),
        install.version,
        str(valkey),
        str(script),
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hub.launch.session", *given],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()
    for folder in filter(None, (borrowed, lent)):
        shutil.rmtree(folder)


def answer_of(session: "subprocess.Popen[str]") -> dict[str, Any]:
    assert session.stdout is not None
    answer: dict[str, Any] = json.loads(session.stdout.readline())
    return answer


def test_an_ordinary_user_gets_both_servers_and_nothing_stays(
    session: "subprocess.Popen[str]",
) -> None:
    answer = answer_of(session)
    assert answer["uid"] == (NOBODY.uid if IS_ROOT else os.getuid())
    with psycopg.connect(answer["database_url"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with redis.Redis.from_url(answer["redis_url"]) as client:
        assert client.ping()
    session.communicate("stop\n", timeout=20)
    assert session.returncode == 0
    assert not Path(answer["folder"]).exists()
    assert not any(is_alive(pid) for pid in answer["pids"])


def test_a_killed_session_leaves_neither_servers_nor_folder(
    session: "subprocess.Popen[str]",
) -> None:
    answer = answer_of(session)
    session.kill()
    until(lambda: not any(is_alive(pid) for pid in answer["pids"]), "both servers to go")
    until(lambda: not Path(answer["folder"]).exists(), "the folder to go")
