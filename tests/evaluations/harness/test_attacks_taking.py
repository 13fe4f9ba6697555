"""What a child may not use up or leave behind: processes, memory, room, time, traps for its worker."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from evaluations.harness import process
from evaluations.harness.protocol import Limits
from tests.evaluations.harness.hostile import confined, kill, running, unconfined

MANY = 300
BOMB = f"""
made = 0
try:
    while made < {MANY}:
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
        made += 1
finally:
    tell(made=made)
time.sleep(20)
"""
HOARD = """
for number in range(24):
    Path(str(number)).write_bytes(bytes(1 << 20))
tell(written=True)
time.sleep(20)
"""
CHATTER = """
line = 'x' * 1023
for _ in range(24 << 10): print(line)
sys.stdout.flush()
tell(written=True)
time.sleep(20)
"""
# Out of the group, out of the session, deaf, and holding memory that nobody sees in the group.
RUNAWAY = """
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork(): os._exit(0)
    held = bytearray(os.urandom(1 << 20) * 160)
    time.sleep(20)
time.sleep({stay})
"""


@pytest.mark.parametrize(
    ("body", "limits", "code", "says"),
    [
        (BOMB, {"processes": 100}, "too_many_processes", "100 are allowed"),
        (HOARD, {"folder_bytes": 8 << 20}, "too_much_output", "8 MiB are allowed"),
        (CHATTER, {"log_bytes": 8 << 20}, "too_much_output", "to its log"),
        (RUNAWAY.format(stay=20), {"rss_bytes": 100 << 20}, "out_of_memory", "100 MiB are allowed"),
    ],
    ids=["fork bomb", "full disk", "endless log", "memory in another session"],
)
def test_a_child_that_takes_too_much_is_ended_with_all_it_started(
    tmp_path: Path, body: str, limits: dict[str, Any], code: str, says: str
) -> None:
    folder = tmp_path / "held"
    ending, _ = confined(folder, body, limits=Limits(wall_seconds=15, **limits))
    assert ending.stopped == code
    assert says in ending.why
    assert not running(folder)


@pytest.mark.parametrize("body", [BOMB, HOARD, CHATTER, RUNAWAY.format(stay=20)])
def test_without_that_limit_nobody_stops_it(tmp_path: Path, body: str) -> None:
    limits = Limits(wall_seconds=2, processes=4096)
    ending, _ = confined(tmp_path / "held", body, limits=limits)
    assert ending.stopped == "timed_out"


def test_who_leaves_the_session_and_ignores_signals_dies_as_well(tmp_path: Path) -> None:
    body = RUNAWAY.format(stay=0.2)
    unconfined(tmp_path / "free", body)
    left = running(tmp_path / "free")
    kill(left)
    assert left
    ending, _ = confined(tmp_path / "held", body)
    assert (ending.stopped, ending.returncode) == (None, 0)
    assert not running(tmp_path / "held")


def test_a_file_that_grows_without_end_meets_its_limit(tmp_path: Path) -> None:
    body = """
def grow():
    with open('big', 'wb') as file:
        for _ in range(32): file.write(bytes(1 << 20))
tell(grown=tried(grow))
"""
    _, (held,) = confined(tmp_path / "held", body, limits=Limits(file_bytes=4 << 20))
    assert held["grown"] == "OSError"
    assert (tmp_path / "held" / "big").stat().st_size == 4 << 20
    (free,) = unconfined(tmp_path / "free", body)
    assert free["grown"] is True


TRAPS = """
tell(swapped=tried(lambda: os.rename('log', 'log.old') or os.symlink({secret!r}, 'log')),
     linked=tried(lambda: os.symlink({secret!r}, 'results.json')),
     folder=tried(lambda: os.symlink('/', 'samples')),
     pipe=tried(lambda: os.mkfifo('answer.json')))
"""


def test_no_link_or_pipe_is_left_for_the_worker_to_read_through(tmp_path: Path) -> None:
    secret = tmp_path / "site.env"
    secret.write_text("SECRET_KEY=one")
    body = TRAPS.format(secret=str(secret))
    folder = tmp_path / "held"
    _, (held,) = confined(folder, body)
    # A log that is held in its place cannot be swapped while the worker looks at it.
    assert held == {"swapped": "OSError", "linked": True, "folder": True, "pipe": True}
    assert all(stat.S_ISREG(path.lstat().st_mode) for path in folder.iterdir())
    assert "SECRET" not in process.read_tail(folder / "log")
    free = tmp_path / "free"
    free.mkdir()
    (free / "log").write_text("")
    unconfined(free, body)
    assert (free / "log").read_text() == "SECRET_KEY=one"
    assert (free / "results.json").read_text() == "SECRET_KEY=one"


def test_a_child_cannot_say_that_it_is_better_confined_than_it_is(tmp_path: Path) -> None:
    body = "tell(ev='sandbox', holds=dict(files='of gold', network='isolated'))"
    ending, _ = confined(tmp_path / "held", body)
    assert ending.holds["files"] in {"private", "shared"}
