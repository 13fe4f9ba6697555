"""confine(): as root and as nobody in particular, and what it says where the kernel refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluations.harness.confinement import probe
from evaluations.harness.confinement.files import limits_each_namespace

ROOT = Path(__file__).resolve().parents[3]
NOBODY = 65534
WHOLE = {
    "user": "own",
    "network": "isolated",
    "files": "private",
    "processes": "private",
    "syscalls": "filtered",
}
NONE = {"user": "shared", "files": "shared", "processes": "shared"}
SCRIPT = """
import json, os, socket, sys, threading, time
sys.path.append({root!r})
from evaluations.harness.confinement import confine, kernel, syscalls
before = os.getpid()
{before}
holds = confine({{"rlimits": {{}}, "network": {network}, "writable": [os.getcwd()], "processes": 300}})
told = {{"holds": holds}}
{after}
print(json.dumps(told))
"""
# The last call is what execve would do for a program that this user starts.
AS_NOBODY = f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY}); kernel.prctl(4, 1)"
AS_NOBODY = "" if os.geteuid() else AS_NOBODY
# A filter of our own is as good a refusal as a container engine's.
REFUSED = "kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1); syscalls.restrict(sockets=True)"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Anybody's: pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def told_by(
    folder: Path, *, before: str = "", after: str = "", network: bool = False
) -> dict[str, Any]:
    script = SCRIPT.format(root=str(ROOT), before=before, after=after, network=network)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("before", ["", AS_NOBODY], ids=["who we are", "nobody"])
def test_all_of_it_holds_on_a_machine_that_allows_it(folder: Path, before: str) -> None:
    after = """
open("written", "w").close()
told["ids"] = [os.getuid(), os.stat("written").st_uid]
told["root"] = os.listdir("/")
"""
    told = told_by(folder, before=before, after=after)
    assert told["holds"] == WHOLE
    user = NOBODY if before else os.geteuid()
    assert told["ids"] == [user, user]
    assert (folder / "written").stat().st_uid == user
    assert not {"home", "var", "run", "boot"} & set(told["root"])


def test_what_the_kernel_refuses_is_not_claimed(folder: Path) -> None:
    after = """
try: told["socket"] = bool(socket.socket(socket.AF_INET))
except OSError: told["socket"] = False
"""
    told = told_by(folder, before=REFUSED, after=after)
    # Without any namespace the filter still keeps sockets local.
    assert told == {"holds": WHOLE | NONE | {"files": "restricted"}, "socket": False}


def test_a_network_that_is_needed_is_left_and_said_to_be_open(folder: Path) -> None:
    told = told_by(folder, network=True, after="socket.socket(socket.AF_INET).close()")
    assert told["holds"] == WHOLE | {"network": "open"}


def test_a_program_may_talk_to_itself_and_start_threads(folder: Path) -> None:
    after = """
server = socket.create_server(("127.0.0.1", 0))
thread = threading.Thread(target=lambda: server.accept()[0].sendall(b"hello"))
thread.start()
told["heard"] = socket.create_connection(server.getsockname()).recv(9).decode()
thread.join()
"""
    assert told_by(folder, after=after)["heard"] == "hello"


BOMB = """
made = 0
try:
    while made < 1000:
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
        made += 1
except BlockingIOError:
    pass
told["made"] = made
"""


@pytest.mark.parametrize("before", ["", AS_NOBODY], ids=["who we are", "nobody"])
def test_the_kernel_refuses_a_process_too_many(folder: Path, before: str) -> None:
    made = told_by(folder, before=before, after=BOMB)["made"]
    # Root has no RLIMIT_NPROC, and numbers of a namespace of its own only since Linux 6.14.
    bounded = bool(before) or os.geteuid() or limits_each_namespace()
    assert made <= (600 if bounded else 1000)


def test_the_machines_own_bounds_stay_as_they_were(folder: Path) -> None:
    before = Path("/proc/sys/kernel/pid_max").read_text()
    told_by(folder)
    assert Path("/proc/sys/kernel/pid_max").read_text() == before


def test_the_status_of_a_confined_process_is_passed_on(folder: Path) -> None:
    codes = []
    for end in ("os._exit(7)", "os.kill(os.getpid(), 9)"):
        script = SCRIPT.format(root=str(ROOT), before="", after=end, network=False)
        command = [sys.executable, "-I", "-S", "-c", script]
        codes.append(subprocess.run(command, cwd=folder, check=False).returncode)
    assert codes == [7, 128 + 9]


def test_the_probe_says_what_confining_would(folder: Path) -> None:
    assert probe() == told_by(folder)["holds"]
