"""Keep a group of programs running: pass on what they write, start what crashed, stop in order.

Decision, 2026-11-23: own code, not supervisord or honcho. Needed are an order with readiness between the
steps, one plain sentence when something is wrong, a crash that takes its orphans along, and nothing left
behind when we ourselves are killed. supervisord has no readiness and leaves grandchildren; honcho stops
everything when one ends. In production systemd or a container engine does this work (docker-compose.yml).

One thread, one selector: a signal, a line, an end and a timer all wake the same loop.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from hub.launch import sweeper as trees
from hub.launch.console import Console
from hub.launch.processes import Command, Sweeper, kill_group, kill_orphans

FIRST_BACK_OFF, LONGEST_BACK_OFF = 1.0, 30.0
STEADY_SECONDS = 60.0  # after so long a crash counts as the first again
TRIES_OF_ONE_SHOT = 3
LONGEST_LINE = 65_536


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or a closed terminal."""


@dataclass(frozen=True)
class Program:
    """`rank`: stopped from high to low. `once`: it is meant to end. `log`: write there, not through us."""

    name: str
    command: Command
    rank: int = 1
    once: bool = False
    log: Path | None = None


@dataclass
class _State:
    program: Program
    process: "subprocess.Popen[bytes] | None" = None
    is_step: bool = False
    crashes: int = 0
    started: float = 0.0
    start_at: float | None = None
    pipe: int | None = None
    unfinished: bytes = field(default=b"", repr=False)


class Supervisor:
    """Programs by name. Use as a context manager: leaving it stops everything that was started."""

    def __init__(self, console: Console, sweeper: Sweeper, *, stop_seconds: float = 6.0) -> None:
        self.console, self.sweeper, self.stop_seconds = console, sweeper, stop_seconds
        self._states: dict[str, _State] = {}
        self._selector = selectors.DefaultSelector()
        self._stop_asked = 0
        self._wake_read, self._wake_write = os.pipe()

    def __enter__(self) -> "Supervisor":
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_stop_signal)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # only to wake the selector
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        signal.set_wakeup_fd(-1)
        self._selector.close()

    def start(self, program: Program) -> None:
        """Start it now and keep it running from here on."""
        state = self._states[program.name] = _State(program)
        self._spawn(state)

    def adopt(self, program: Program, process: "subprocess.Popen[bytes]") -> None:
        """It runs already; keep it running from here on."""
        self._states[program.name] = _State(program, process, started=time.monotonic())

    def run(self, program: Program) -> int:
        """Run a step to its end; its exit status. Lines go to its log file only."""
        state = self._states[program.name] = _State(program, is_step=True)
        process = self._spawn(state)
        while state.process:
            self.pause(0.5)
        del self._states[program.name]
        return process.returncode

    def pause(self, seconds: float) -> None:
        """Look after everybody for at most `seconds`; raises StopRequested."""
        self._turn(seconds)
        if self._stop_asked:
            raise StopRequested

    def run_until_stopped(self) -> None:
        """Until Ctrl-C, SIGTERM or a closed terminal."""
        with contextlib.suppress(StopRequested):
            while True:
                self.pause(1.0)

    def wait_for(self, is_so: Callable[[], bool], seconds: float) -> bool:
        """Look after everybody until `is_so()`; False when it did not become so in time."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                return False
            self.pause(0.1)
        return True

    def crashes(self, name: str) -> int:
        """How often in a row this program has ended when it should not have."""
        return self._states[name].crashes

    def stop(self) -> None:
        """Stop by rank, high first, each rank at once; a second Ctrl-C or the time limit kills."""
        asked = self._stop_asked
        for state in self._states.values():
            state.start_at = None
        for rank in sorted({state.program.rank for state in self._states.values()}, reverse=True):
            group = [s for s in self._states.values() if s.program.rank == rank and s.process]
            self._stop_group(group, lambda: self._stop_asked > asked)
        kill_orphans({self.sweeper.pid})

    def _stop_group(self, group: list[_State], hurry: Callable[[], bool]) -> None:
        roots = {state.process.pid: state for state in group if state.process}
        # Taken before anybody ends: what sits in a session of its own is found through its parent only.
        trees_of_group = {pid: trees.identity(pid) for pid in trees.descendants(roots)}
        for pid, state in roots.items():
            trees.send(pid, state.program.command.stop_signal)
        deadline = time.monotonic() + self.stop_seconds
        while any(s.process for s in group) and time.monotonic() < deadline and not hurry():
            self._turn(0.1, restart=False)
        for pid, name in trees_of_group.items():
            if name and trees.identity(pid) == name:
                trees.send(pid, signal.SIGKILL)
        for state in group:
            if state.process:
                kill_group(state.process.pid)
                state.process.wait()
                self._ended(state, supervised=False)

    def _on_stop_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop_asked += 1

    def _spawn(self, state: _State) -> "subprocess.Popen[bytes]":
        program = state.program
        state.start_at, state.started = None, time.monotonic()
        if program.log:
            with program.log.open("ab") as log:
                process = program.command.spawn(log)
        else:
            read, write = os.pipe()
            try:
                process = program.command.spawn(write)
            finally:
                os.close(write)
            os.set_blocking(read, False)
            state.pipe = read
            self._selector.register(read, selectors.EVENT_READ, state)
        self.sweeper.watch(process, program.command.stop_signal)
        state.process = process
        return process

    def _turn(self, seconds: float, *, restart: bool = True) -> None:
        """One round: wait for something, pass lines on, see who ended, start who is due."""
        due = [s.start_at for s in self._states.values() if s.start_at is not None]
        wait = min([seconds, *(max(0.0, at - time.monotonic()) for at in due)])
        for key, _ in self._selector.select(wait):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            else:
                self._read(key.data)
        for state in list(self._states.values()):
            if state.process and state.process.poll() is not None:
                self._ended(state, supervised=restart and not state.is_step)
            elif restart and state.start_at is not None and state.start_at <= time.monotonic():
                self._spawn(state)

    def _read(self, state: _State) -> None:
        """Pass on whole lines; the rest waits for its end, unless it grows without one."""
        if state.pipe is None:
            return
        try:
            chunk = os.read(state.pipe, LONGEST_LINE)
        except BlockingIOError:
            return
        *lines, state.unfinished = (state.unfinished + chunk).split(b"\n")
        if len(state.unfinished) >= LONGEST_LINE:
            lines.append(state.unfinished)
            state.unfinished = b""
        for line in lines:
            self.console.line(state.program.name, line, shown=state.program.rank > 0)
        if not chunk:
            self._close(state)

    def _close(self, state: _State) -> None:
        if state.pipe is not None:
            if state.unfinished:
                self.console.line(
                    state.program.name, state.unfinished, shown=state.program.rank > 0
                )
                state.unfinished = b""
            self._selector.unregister(state.pipe)
            os.close(state.pipe)
            state.pipe = None

    def _ended(self, state: _State, *, supervised: bool) -> None:
        """It is gone: last lines, its orphans, and whether and when it starts again."""
        process = state.process
        if process is None:
            return
        state.process = None
        kill_group(process.pid)
        self._read(state)  # what is in the pipe now; an orphan may keep it open for ever
        self._close(state)
        self.sweeper.forget(process.pid)
        ours = {s.process.pid for s in self._states.values() if s.process} | {self.sweeper.pid}
        if supervised:
            kill_orphans(ours)
            self._plan(state, process.returncode)

    def _plan(self, state: _State, status: int) -> None:
        name, once = state.program.name, state.program.once
        if once and status == 0:
            self.console.say(f"{name} has finished.")
            return
        steady = time.monotonic() - state.started > STEADY_SECONDS
        state.crashes = 1 if steady else state.crashes + 1
        log = state.program.log or self.console.log(name)
        if once and state.crashes >= TRIES_OF_ONE_SHOT:
            self.console.say(
                f"{name} failed {state.crashes} times ({how(status)}) and is left alone; see {log}"
            )
            return
        back_off = min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2 ** (state.crashes - 1))
        state.start_at = time.monotonic() + back_off
        self.console.say(
            f"{name} stopped by itself ({how(status)}); it starts again in {back_off:.0f} s; see {log}"
        )


def how(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
