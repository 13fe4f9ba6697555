"""A parent that has imported what jobs need, and forks one confined child for each.

    python -P warm.py CONTROL_FD '{"folders": [...], "modules": [...], "placeholder": "/…"}'

Runs in a harness's interpreter. It reads nothing that strangers made, loads no model and keeps one
thread, so that a fork of it is what a fresh interpreter would be after its imports. Control is a
sequenced-packet socket of the worker's: its end means that the worker is gone. Between parent and
child stands a guard, a fork that does what guard.py does for a child started by exec.

Import-time constants that hold a path below `placeholder` (caches, homes) are set anew in each child:
children share no folder.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import socket
import sys
import tempfile
import traceback
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))

from evaluations.harness.guard import stand

LARGEST_MESSAGE = 1 << 18
DESCRIPTORS = 4
EVENTS = "{events}"

Constant = tuple[types.ModuleType, str, type, str]


def main() -> int:
    control = socket.socket(fileno=int(sys.argv[1]))
    given = json.loads(sys.argv[2])
    sys.path.extend(given["folders"])
    for name in given["modules"]:
        importlib.import_module(name)
    constants = constants_below(given["placeholder"])
    tell(control, ready=True, threads=len(list(Path("/proc/self/task").iterdir())))
    # What is here now is touched by no collection, or every child would copy it.
    gc.collect()
    gc.freeze()
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, LARGEST_MESSAGE, DESCRIPTORS)
        if not data:
            return 0
        message = json.loads(data)
        if pid := message.get("reap"):
            os.waitpid(pid, 0)
            continue
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            control.close()
            os._exit(guarded(message, descriptors, constants))
        for descriptor in descriptors:
            os.close(descriptor)
        tell(control, pid=pid)


def tell(control: socket.socket, **values: Any) -> None:
    control.send(json.dumps(values).encode())


def constants_below(placeholder: str) -> list[Constant]:
    """Every module's names that hold a path below the placeholder (25 ms over 2,500 modules)."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in list(sys.modules.values()):
            for name, value in list(getattr(module, "__dict__", {}).items()):
                if isinstance(value, str | Path) and str(value).startswith(placeholder):
                    rest = str(value)[len(placeholder) :]
                    found.append((module, name, type(value), rest))
    return found


def guarded(message: dict[str, Any], descriptors: list[int], constants: list[Constant]) -> int:
    """In the fork: lead a session of our own, have the child forked, pass on how it ended."""
    lifeline, events, log, status = descriptors
    code = 1
    try:
        os.setsid()
        os.chdir(message["scratch"])
        for stream in (1, 2):
            os.dup2(log, stream)
        os.close(log)

        def start() -> int:
            os.close(status)
            return in_child(message, events, constants)

        code = stand(message["plan"], lifeline, events, start)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    os.write(status, str(code).encode())
    return code


def in_child(message: dict[str, Any], events: int, constants: list[Constant]) -> int:
    """Become what `python -P SCRIPT ARGUMENTS` is after its imports; the exit status."""
    os.environ.clear()
    os.environ.update(message["environment"])
    scratch = message["scratch"]
    for module, name, kind, rest in constants:
        setattr(module, name, kind(scratch + rest))
    tempfile.tempdir = None
    sys.argv = [word.replace(EVENTS, str(events)) for word in message["command"]]
    return status_of(lambda: runpy.run_path(sys.argv[0], run_name="__main__"))


def status_of(program: Callable[[], object]) -> int:
    """What the interpreter's exit status would be."""
    try:
        program()
        status: object = 0
    except SystemExit as ended:
        status = ended.code or 0
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status if isinstance(status, int) else 1


if __name__ == "__main__":
    sys.exit(main())
