"""The child: nothing inherited, no network, and no life after its worker's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evaluations.harness import process
from evaluations.harness.process import Event
from evaluations.harness.protocol import Limits
from tests.evaluations.harness.hostile import running

ROOT = Path(__file__).resolve().parents[3]
TELL = """import json, os, sys
def tell(**event): os.write(int(sys.argv[1]), (json.dumps(event) + '\\n').encode())
"""


def run_script(folder: Path, body: str, **limits: float) -> tuple[process.Ending, list[Event]]:
    events: list[Event] = []
    ending = process.run(
        [sys.executable, "-P", "-c", TELL + body, process.EVENTS, str(folder)],
        scratch=folder,
        log=folder / "log",
        limits=Limits(**limits),  # type: ignore[arg-type]
        environment=process.clean_environment(folder, threads=1, network=False, gpu=False),
        network=False,
        on_event=events.append,
        cancelled=lambda: False,
    )
    return ending, events


def sleeper(mark: object) -> list[str]:
    return [sys.executable, "-c", "import time; time.sleep(60)", str(mark)]


def wait_until_gone(mark: object, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while running(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not running(mark)


def test_a_child_inherits_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "HF_TOKEN", "SECRET_KEY", "PYTHONPATH"):
        monkeypatch.setenv(name, "a secret")
    _, (seen,) = run_script(tmp_path, "tell(env=dict(os.environ), cwd=os.getcwd(), path=sys.path)")
    assert "a secret" not in json.dumps(seen)
    assert seen["env"]["HF_HUB_OFFLINE"] == "1"
    assert seen["cwd"] == str(tmp_path)
    assert "" not in seen["path"]
    assert str(tmp_path) not in seen["path"]


def test_a_child_holds_no_descriptor_but_its_own(tmp_path: Path) -> None:
    with (tmp_path / "of the worker").open("w") as file:
        os.set_inheritable(file.fileno(), False)
        body = "tell(open=[os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')"
        body += " if os.path.exists(f'/proc/self/fd/{n}')])"
        _, (seen,) = run_script(tmp_path, body)
    assert str(tmp_path / "of the worker") not in seen["open"]
    assert "/dev/null" in seen["open"]
    assert sum(name.startswith("pipe:") for name in seen["open"]) == 1


def test_a_child_has_no_network_where_the_kernel_can_take_it_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = f"import socket\ntry: socket.create_connection(('127.0.0.1', {port}), 2); tell(reached=True)\n"
        ending, (seen,) = run_script(tmp_path, body + "except OSError: tell(reached=False)")
    assert seen["reached"] is not ending.isolated


def test_what_a_child_leaves_behind_dies_with_it(tmp_path: Path) -> None:
    body = f"import subprocess\nsubprocess.Popen({sleeper(tmp_path)})\ntell(started=True)"
    ending, (seen,) = run_script(tmp_path, body)
    assert (ending.returncode, seen["started"]) == (0, True)
    assert wait_until_gone(tmp_path)


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    body = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    body += "tell(started=True)\ntime.sleep(60)"
    ending, _ = run_script(tmp_path, body, stall_seconds=0.3)
    assert ending.stopped == "stalled"
    assert ending.returncode == 128 + signal.SIGKILL


def test_a_child_that_closed_its_events_is_still_bounded(tmp_path: Path) -> None:
    body = "import time\nos.close(int(sys.argv[1]))\ntime.sleep(60)"
    ending, _ = run_script(tmp_path, body, wall_seconds=0.5)
    assert ending.stopped == "timed_out"


# Five hold one block of 64 MiB together; then each of four writes to its own view of it, or does not.
SHARED = """
import time
block = bytearray(os.urandom(1 << 20) * 64)
children = 0
while children < 4 and (pid := os.fork()): children += 1
time.sleep(0.8)
if not pid and {written}:
    for page in range(0, len(block), 4096): block[page] = 1
if not pid:
    time.sleep(20 if {written} else 0)
    os._exit(0)
for _ in range(4): os.wait()
"""


@pytest.mark.parametrize(("written", "stopped"), [(False, None), (True, "out_of_memory")])
def test_memory_that_is_shared_counts_once_and_no_longer_than_it_is(
    tmp_path: Path, written: bool, stopped: str | None
) -> None:
    ending, _ = run_script(tmp_path, SHARED.format(written=written), rss_bytes=200 << 20)
    assert ending.stopped == stopped
    assert ending.peak_rss_bytes > 64 << 20
    assert written or ending.peak_rss_bytes < 200 << 20


def test_an_error_in_the_worker_leaves_no_child(tmp_path: Path) -> None:
    body = "import time; tell(started=True); time.sleep(60)"

    def fail(event: Event) -> None:
        assert running(tmp_path)
        raise RuntimeError("the worker's own")

    with pytest.raises(RuntimeError, match="the worker's own"):
        process.run(
            [sys.executable, "-c", TELL + body, process.EVENTS, str(tmp_path)],
            scratch=tmp_path,
            log=tmp_path / "log",
            limits=Limits(),
            environment={},
            network=False,
            on_event=fail,
            cancelled=lambda: False,
        )
    assert wait_until_gone(tmp_path)


def test_a_worker_killed_outright_takes_the_whole_tree_with_it(tmp_path: Path) -> None:
    child = f"import subprocess, time\nsubprocess.Popen({sleeper(tmp_path)})\n"
    child += "tell(started=True)\ntime.sleep(60)"
    worker = f"""
import sys
from pathlib import Path
from evaluations.harness import process
from evaluations.harness.protocol import Limits
from tests.evaluations.harness.hostile import running
process.run(
    [sys.executable, "-c", {TELL + child!r}, process.EVENTS, {str(tmp_path)!r}],
    scratch=Path({str(tmp_path)!r}), log=Path({str(tmp_path / "log")!r}), limits=Limits(),
    environment={{"PATH": "/usr/bin:/bin"}}, network=False,
    on_event=lambda event: print("started", flush=True), cancelled=lambda: False)
"""
    with subprocess.Popen(
        [sys.executable, "-c", worker], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process_of_worker:
        assert process_of_worker.stdout is not None
        assert process_of_worker.stdout.readline() == "started\n"
        # The guard, the two that stay behind, the child and its own child.
        assert len(running(tmp_path)) >= 3
        process_of_worker.send_signal(signal.SIGKILL)
    assert wait_until_gone(tmp_path)


def test_the_tail_of_a_log_is_bounded_and_always_text(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert process.read_tail(log) == ""
    log.write_bytes(b"\xff\x00" * 50_000 + b"end")
    assert process.read_tail(log, 100).endswith("end")
    assert "\0" not in process.read_tail(log)
