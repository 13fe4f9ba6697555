"""Children forked from a warm parent: all that a cold child has, and nothing of another job's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from evaluations.harness import process, warming
from evaluations.harness.protocol import HarnessFailure, Limits
from evaluations.harness.warming import Warming
from tests.evaluations.harness.test_process import ROOT

TELL = """import json, os, sys
def tell(**event): os.write(int(sys.argv[1]), (json.dumps(event) + '\\n').encode())
"""


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Warming]:
    """A parent without torch: everything but the imports is as with it."""
    made = Warming(Path(sys.executable), folders=[tmp_path], modules=["json", "decimal"])
    yield made
    made.stop()


def run_script(
    folder: Path, body: str, warm: Warming | None, **changes: Any
) -> tuple[process.Ending, list[dict[str, Any]]]:
    folder.mkdir(exist_ok=True)
    script = folder / "script.txt"
    script.write_text(TELL + body)
    events: list[dict[str, Any]] = []
    options: dict[str, Any] = {
        "limits": Limits(),
        "on_event": events.append,
        "cancelled": lambda: False,
        **changes,
    }
    ending = process.run(
        [sys.executable, "-P", str(script), process.EVENTS],
        scratch=folder,
        log=folder / "log",
        environment=process.clean_environment(folder, threads=1, network=False, gpu=False),
        network=False,
        warm=warm,
        **options,
    )
    return ending, events


def below(pid: int) -> set[int]:
    """What descends from a process, by the numbers of this namespace."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rsplit(")", 1)[1].split()[1])
    found: set[int] = set()
    while new := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= new
    return found


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):  # gone before, or between opening and reading
        return False


def wait_until_gone(*pids: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(is_alive, pids))


def parent_pid(warm: Warming) -> int:
    assert warm.parent is not None
    return warm.parent.process.pid


def test_a_forked_child_is_what_a_cold_one_is(
    tmp_path: Path, warm: Warming, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "HF_TOKEN", "PYTHONPATH"):
        monkeypatch.setenv(name, "a secret")
    body = """
import resource, signal, tempfile
files = [os.readlink(f'/proc/self/fd/{n}') for n in sorted(os.listdir('/proc/self/fd'), key=int)
         if os.path.exists(f'/proc/self/fd/{n}')]
tell(env=dict(os.environ), cwd=os.getcwd(), argv=sys.argv[:1], name=__name__, temp=tempfile.gettempdir(),
     stdin=files[0], files=[name.split(':')[0] for name in files], threads=len(os.listdir('/proc/self/task')),
     cores=resource.getrlimit(resource.RLIMIT_CORE), opened=resource.getrlimit(resource.RLIMIT_NOFILE),
     term=str(signal.getsignal(signal.SIGTERM)))
"""
    cold_ending, (cold,) = run_script(tmp_path / "job", body, None)
    ending, (forked,) = run_script(tmp_path / "job", body, warm)
    assert warm.parent is not None
    assert forked == cold
    assert ending.holds == cold_ending.holds
    assert "a secret" not in json.dumps(forked)
    assert Path(forked["cwd"]).name == "job"


def test_no_folder_of_the_job_is_on_the_path(tmp_path: Path, warm: Warming) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "fractions.py").write_text("raise SystemExit('imported from the job')")
    body = "import fractions\ntell(path=sys.path)"
    ending, (seen,) = run_script(tmp_path / "job", body, warm)
    assert ending.returncode == 0
    assert "" not in seen["path"]
    assert str(tmp_path / "job") not in seen["path"]


def test_what_modules_remember_of_their_import_names_the_folder_of_the_job(
    tmp_path: Path, warm: Warming
) -> None:
    (tmp_path / "remembers.py").write_text(
        "import os, pathlib\nHOME = os.environ['HF_HOME']\nWHERE = pathlib.Path(HOME) / 'hub'\n"
    )
    warm.modules = ("remembers",)
    body = "import remembers\ntell(home=remembers.HOME, where=str(remembers.WHERE))"
    for name in ("one", "two"):
        _, (seen,) = run_script(tmp_path / name, body, warm)
        hub = tmp_path / name / "hf" / "hub"
        assert (seen["home"], seen["where"]) == (str(hub.parent), str(hub))


def test_jobs_share_a_parent_and_no_memory(tmp_path: Path, warm: Warming) -> None:
    body = "import decimal\ntell(left=getattr(decimal, 'left', ''))\n"
    body += "decimal.left = 'by the first job'"
    run_script(tmp_path / "one", body, warm)
    first = parent_pid(warm)
    _, (seen,) = run_script(tmp_path / "two", body, warm)
    assert seen["left"] == ""
    assert parent_pid(warm) == first
    assert not below(first)


@pytest.mark.parametrize(
    ("body", "returncode"),
    [
        ("os.abort()", 128 + signal.SIGABRT),
        ("os.kill(os.getpid(), 9)", 128 + signal.SIGKILL),
        ("sys.exit(7)", 7),
        ("sys.exit('a sentence')", 1),
        ("raise ValueError", 1),
        ("", 0),
    ],
)
def test_how_a_child_ends_is_told_and_its_parent_goes_on(
    tmp_path: Path, warm: Warming, body: str, returncode: int
) -> None:
    ending, _ = run_script(tmp_path / "job", body, warm)
    assert (ending.returncode, ending.stopped) == (returncode, None)
    before = parent_pid(warm)
    ending, (seen,) = run_script(tmp_path / "next", "tell(fine=True)", warm)
    assert (ending.returncode, seen, parent_pid(warm)) == (0, {"fine": True}, before)


def test_a_guard_that_is_killed_takes_its_child_with_it(tmp_path: Path, warm: Warming) -> None:
    seen: set[int] = set()

    def heard(_: dict[str, Any]) -> None:
        seen.update(below(parent_pid(warm)))
        # The lowest number is the guard's: it was forked first.
        os.kill(min(seen), signal.SIGKILL)

    body = "import time\ntell(started=True)\ntime.sleep(60)"
    ending, _ = run_script(tmp_path / "job", body, warm, on_event=heard)
    assert (ending.returncode, ending.stopped) == (128 + signal.SIGKILL, None)
    assert len(seen) >= 2
    assert wait_until_gone(*seen)


def test_a_forked_child_has_no_network_where_the_kernel_can_take_it_away(
    tmp_path: Path, warm: Warming
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = f"import socket\ntry: socket.create_connection(('127.0.0.1', {port}), 2); tell(reached=True)\n"
        ending, (seen,) = run_script(
            tmp_path / "job", body + "except OSError: tell(reached=False)", warm
        )
    assert seen["reached"] is not ending.isolated


def test_a_forked_child_that_ignores_sigterm_is_killed_with_all_it_started(
    tmp_path: Path, warm: Warming
) -> None:
    body = "import signal, subprocess, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    body += "subprocess.Popen(['sleep', '60'])\ntell(started=True)\ntime.sleep(60)"
    seen: set[int] = set()
    ending, _ = run_script(
        tmp_path / "job",
        body,
        warm,
        on_event=lambda _: seen.update(below(parent_pid(warm))),
        cancelled=lambda: bool(seen),
    )
    assert ending.stopped == "cancelled"
    assert len(seen) >= 3
    assert wait_until_gone(*seen)


def test_a_parent_that_was_killed_is_replaced(tmp_path: Path, warm: Warming) -> None:
    run_script(tmp_path / "one", "", warm)
    killed = parent_pid(warm)
    os.kill(killed, signal.SIGKILL)
    assert wait_until_gone(killed)
    ending, (seen,) = run_script(tmp_path / "two", "tell(fine=True)", warm)
    assert (ending.returncode, seen) == (0, {"fine": True})
    assert parent_pid(warm) != killed


def test_a_job_outlives_its_parent(tmp_path: Path, warm: Warming) -> None:
    body = "tell(n=1)\nimport time\nwhile not os.path.exists('go'): time.sleep(0.01)\ntell(n=2)"
    seen: list[dict[str, Any]] = []

    def heard(event: dict[str, Any]) -> None:
        seen.append(event)
        if event["n"] == 1:
            os.kill(parent_pid(warm), signal.SIGKILL)
            (tmp_path / "job" / "go").touch()

    ending, _ = run_script(tmp_path / "job", body, warm, on_event=heard)
    assert (ending.returncode, seen) == (0, [{"n": 1}, {"n": 2}])
    ending, _ = run_script(tmp_path / "next", "", warm)
    assert ending.returncode == 0


def test_code_that_changed_is_imported_anew(tmp_path: Path, warm: Warming) -> None:
    source = tmp_path / "changing.py"
    source.write_text("VALUE = 1\n")
    warm.modules = ("changing",)
    body = "import changing\ntell(value=changing.VALUE)"
    assert run_script(tmp_path / "one", body, warm)[1] == [{"value": 1}]
    source.write_text("VALUE = 2\n")
    os.utime(source, ns=(10**18, 10**18))
    assert run_script(tmp_path / "two", body, warm)[1] == [{"value": 2}]


@pytest.mark.parametrize(
    "source",
    [
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "raise ImportError",
    ],
    ids=["threads", "broken"],
)
def test_a_parent_that_is_not_fit_to_fork_is_done_without(
    tmp_path: Path, warm: Warming, source: str
) -> None:
    (tmp_path / "unfit.py").write_text(source)
    warm.modules = ("unfit",)
    ending, (seen,) = run_script(tmp_path / "job", "tell(fine=True)", warm)
    assert (ending.returncode, seen) == (0, {"fine": True})
    assert warm.parent is None


def test_a_second_job_at_once_starts_cold(tmp_path: Path, warm: Warming) -> None:
    outer: list[dict[str, Any]] = []
    inner: list[dict[str, Any]] = []

    def heard(event: dict[str, Any]) -> None:
        outer.append(event)
        body = "tell(warm='decimal' in sys.modules)"
        inner.extend(run_script(tmp_path / "inner", body, warm)[1])

    run_script(tmp_path / "outer", "tell(warm='decimal' in sys.modules)", warm, on_event=heard)
    assert (outer, inner) == ([{"warm": True}], [{"warm": False}])


def test_a_cancel_is_heard_while_the_parent_imports(tmp_path: Path, warm: Warming) -> None:
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(60)")
    warm.modules = ("slow",)
    asked = threading.Event()
    asked.set()
    ending, events = run_script(tmp_path / "job", "tell(n=1)", warm, cancelled=asked.is_set)
    assert (ending.stopped, events) == ("cancelled", [])


def test_a_parent_that_dies_over_a_job_leaves_no_second_child(
    tmp_path: Path, warm: Warming, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_script(tmp_path / "one", "", warm)
    monkeypatch.setattr(warming, "PATIENCE_SECONDS", 0.2)
    os.kill(parent_pid(warm), signal.SIGSTOP)
    with pytest.raises(HarnessFailure) as caught:
        run_script(tmp_path / "two", "tell(fine=True)", warm)
    assert (caught.value.code, caught.value.retryable) == ("harness_crashed", True)
    monkeypatch.undo()
    assert run_script(tmp_path / "three", "tell(fine=True)", warm)[1] == [{"fine": True}]


def test_a_worker_killed_outright_takes_child_and_warm_parent_with_it(tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text(
        TELL + "import subprocess, time\nsubprocess.Popen(['sleep', '60'])\n"
        "tell(started=True)\ntime.sleep(60)"
    )
    worker = f"""
import sys
from pathlib import Path
from evaluations.harness import process
from evaluations.harness.protocol import Limits
from evaluations.harness.warming import Warming
warm = Warming(Path(sys.executable), folders=[], modules=["json"])
process.run(
    [sys.executable, "-P", {str(script)!r}, process.EVENTS], scratch=Path({str(tmp_path)!r}),
    log=Path({str(tmp_path / "log")!r}), limits=Limits(), environment={{"PATH": "/usr/bin:/bin"}},
    network=False, cancelled=lambda: False, warm=warm,
    on_event=lambda event: print("started", flush=True))
"""
    with subprocess.Popen(
        [sys.executable, "-c", worker], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process_of_worker:
        assert process_of_worker.stdout is not None
        assert process_of_worker.stdout.readline() == "started\n"
        pids = below(process_of_worker.pid)
        assert len(pids) >= 4
        process_of_worker.send_signal(signal.SIGKILL)
    assert wait_until_gone(*pids)
