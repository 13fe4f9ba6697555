"""Children that attack, run under the guards of process.run or, to see that they would succeed, without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from evaluations.harness import process
from evaluations.harness.process import Event
from evaluations.harness.protocol import Limits

# `tell` writes an event; `tried` says what came of an attempt: True, or the error's name.
START = """import ctypes, json, os, signal, socket, subprocess, sys, time
from pathlib import Path
def tell(**event): os.write(int(sys.argv[1]), (json.dumps(event) + '\\n').encode())
def tried(attempt):
    try: return attempt() or True
    except OSError as error: return type(error).__name__
"""


def confined(
    folder: Path, body: str, *, limits: Limits | None = None, read_only: tuple[Path, ...] = ()
) -> tuple[process.Ending, list[Event]]:
    """Run the script as a harness's child is run, in `folder`, marked with it (see `running`)."""
    folder.mkdir(exist_ok=True)
    events: list[Event] = []
    ending = process.run(
        [sys.executable, "-P", "-c", START + body, process.EVENTS, str(folder)],
        scratch=folder,
        log=folder / "log",
        limits=limits or Limits(wall_seconds=30),
        environment=process.clean_environment(folder, threads=1, network=False, gpu=False),
        network=False,
        on_event=events.append,
        cancelled=lambda: False,
        read_only=read_only,
    )
    return ending, events


def unconfined(folder: Path, body: str) -> list[Event]:
    """The same script as any program is run."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryFile() as told:
        number = str(told.fileno())
        subprocess.run(
            [sys.executable, "-P", "-c", START + body, number, str(folder)],
            cwd=folder,
            pass_fds=(told.fileno(),),
            check=False,
            timeout=30,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        told.seek(0)
        return [json.loads(line) for line in told]


def both(tmp_path: Path, body: str, **given: Any) -> tuple[Event, Event]:
    """What the script says without guards and with them: (free, held)."""
    (free,) = unconfined(tmp_path / "free", body)
    _, (held,) = confined(tmp_path / "held", body, **given)
    return free, held


def running(mark: object) -> list[int]:
    """Processes with `mark` in their command line. What a child says of pids is its namespace's."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(mark).encode() in path.read_bytes().split(b"\0")[1:]:
                found.append(int(path.parent.name))
    return found


def kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
