"""The group that `make run` keeps: restarts, order, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.launch.supervisor import how
from tests.hub.launch.helpers import is_alive, launch, number_in, until

# A child in a session of its own, out of reach of signals to the group: what the harness looks like.
DETACHED = """
import subprocess, pathlib, time
child = subprocess.Popen(["sleep", "300"], start_new_session=True)
pathlib.Path("grandchild").write_text(str(child.pid))
pathlib.Path("child").write_text(str(__import__("os").getpid()))
time.sleep(300)
"""


def shell(name: str, script: str, *, once: bool = False, rank: int = 1) -> dict[str, object]:
    return {"name": name, "argv": ["/bin/sh", "-c", script], "once": once, "rank": rank}


def python(name: str, script: str) -> dict[str, object]:
    return {"name": name, "argv": [sys.executable, "-c", script], "once": False, "rank": 1}


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list["subprocess.Popen[str]"]]:
    groups: list[subprocess.Popen[str]] = []
    yield groups
    for group in groups:
        if group.poll() is None:
            group.terminate()
            group.wait(20)
        if group.stdout:
            group.stdout.close()


def start(
    started: list["subprocess.Popen[str]"], folder: Path, *programs: dict[str, object]
) -> "subprocess.Popen[str]":
    group = launch("tests.hub.launch.group", str(folder), json.dumps(programs))
    started.append(group)
    return group


def test_lines_carry_the_name_and_are_kept_in_a_file(
    tmp_path: Path, started: list["subprocess.Popen[str]"]
) -> None:
    group = start(started, tmp_path, shell("river", "echo first; printf unfinished", once=True))
    log = tmp_path / "logs" / "river.log"
    until(
        lambda: log.exists() and log.read_text() == "first\nunfinished\n", "both lines in the file"
    )
    group.terminate()
    output, _ = group.communicate(timeout=20)
    assert "river    | first\nriver    | unfinished\n" in output
    assert "river has finished.\n" in output


def test_a_program_that_crashes_is_started_again_and_its_orphans_go(
    tmp_path: Path, started: list["subprocess.Popen[str]"]
) -> None:
    group = start(started, tmp_path, python("web", DETACHED))
    child, grandchild = number_in(tmp_path / "child"), number_in(tmp_path / "grandchild")
    os.kill(child, signal.SIGKILL)
    until(lambda: number_in(tmp_path / "child") != child, "a second start")
    until(lambda: not is_alive(grandchild), "the orphan to go")
    group.terminate()
    output, _ = group.communicate(timeout=20)
    assert "web stopped by itself (killed by SIGKILL); it starts again in 1 s; see " in output


def test_a_one_shot_that_fails_is_tried_again(
    tmp_path: Path, started: list["subprocess.Popen[str]"]
) -> None:
    script = "test -e tried && exit 0; touch tried; exit 3"
    group = start(started, tmp_path, shell("demo", script, once=True), shell("web", "sleep 300"))
    assert group.stdout is not None
    lines: list[str] = []
    while "demo has finished.\n" not in lines:
        lines.append(group.stdout.readline())
        assert lines[-1], lines
    assert any("demo stopped by itself (exit status 3)" in line for line in lines)


def test_stopping_ends_the_site_before_its_servers_and_takes_grandchildren_along(
    tmp_path: Path, started: list["subprocess.Popen[str]"]
) -> None:
    ends = "trap 'echo {0} >> order; exit 0' TERM; echo $$ > {0}.pid; while :; do sleep 0.05; done"
    group = start(
        started,
        tmp_path,
        shell("database", ends.format("database"), rank=0),
        shell("web", ends.format("web")),
        python("worker", DETACHED),
    )
    for name in ("database.pid", "web.pid", "grandchild"):
        number_in(tmp_path / name)
    group.send_signal(signal.SIGINT)
    group.communicate(timeout=20)
    assert group.returncode == 0
    assert (tmp_path / "order").read_text().split() == ["web", "database"]
    assert not is_alive(number_in(tmp_path / "grandchild"))


def test_a_program_that_ignores_signals_is_killed_in_time(
    tmp_path: Path, started: list["subprocess.Popen[str]"]
) -> None:
    stubborn = "trap '' TERM INT; echo $$ > pid; while :; do sleep 0.05; done"
    group = start(started, tmp_path, shell("stubborn", stubborn))
    pid = number_in(tmp_path / "pid")
    group.terminate()
    group.communicate(timeout=20)
    assert not is_alive(pid)


def test_killing_the_launcher_outright_leaves_nothing_behind(
    tmp_path: Path, started: list["subprocess.Popen[str]"]
) -> None:
    plain = shell("web", "echo $$ > web.pid; exec sleep 300")
    group = start(started, tmp_path, python("worker", DETACHED), plain)
    left = [number_in(tmp_path / name) for name in ("child", "grandchild", "web.pid")]
    group.kill()
    group.wait(20)
    until(lambda: not any(is_alive(pid) for pid in left), "everything below the launcher to go")


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "exit status 0"), (-9, "killed by SIGKILL"), (-15, "killed by SIGTERM")],
)
def test_an_exit_status_is_put_in_words(status: int, words: str) -> None:
    assert how(status) == words
