"""A process namespace: whatever is started in it, in any session, ends with its first process."""

from __future__ import annotations

import os
import select
import signal
import sys

from . import kernel


def die_with_parent() -> None:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def become_grandchild() -> None:
    """Return in a grandchild, the second process of the namespace that was just made.

    Two processes stay behind. The caller waits outside; the first process inside reaps orphans and
    takes signals off the grandchild's shoulders: the kernel drops those that a namespace's first
    process has no handler for. The grandchild's end is the end of all three.
    """
    watched, held = os.pipe()
    if first := os.fork():
        _wait_outside(first, held)
    try:
        die_with_parent()
        os.close(held)
        # A caller that died before the line above held no signal for us; its end of the pipe is gone.
        if select.select([watched], [], [], 0)[0]:
            os._exit(128 + signal.SIGKILL)
        if second := os.fork():
            _reap(second)
    except BaseException as error:  # noqa: BLE001
        sys.stderr.write(f"cannot be confined: {error}\n")
        os._exit(126)
    os.close(watched)


def _wait_outside(first: int, held: int) -> None:
    try:
        _stay(held)
        os._exit(_code(os.waitpid(first, 0)[1]))
    finally:
        os._exit(126)


def _reap(second: int) -> None:
    try:
        _stay(-1)
        while True:
            ended, status = os.wait()
            if ended == second:
                os._exit(_code(status))
    finally:
        os._exit(126)


def _stay(keep: int) -> None:
    """Nobody waits for our copies of descriptors, and what is meant for the child leaves us here."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(3, max(3, keep))
    os.closerange(max(3, keep + 1), os.sysconf("SC_OPEN_MAX"))


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code
