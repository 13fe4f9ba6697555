"""Lines on the terminal and in the log files."""

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TextIO

from hub.launch.files import KEEP_LOG_BYTES, rotate

COLOURS = (36, 33, 35, 32, 34, 31)  # cyan, yellow, magenta, green, blue, red
NAME_WIDTH = 9


class Console:
    """Prints to `out`, colours on a terminal alone (and never with NO_COLOR), one log file a program.

    A terminal that goes away (`make run | head`) is no reason to stop: lines then go to the files only.
    """

    def __init__(self, logs: Path, out: TextIO | None = None) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.logs = logs
        self._out = out or sys.stdout
        self._coloured = self._out.isatty() and "NO_COLOR" not in os.environ
        self._names: list[str] = []

    def log(self, name: str) -> Path:
        """The file that has all lines of this program."""
        return self.logs / f"{name}.log"

    def say(self, text: str) -> None:
        """A line of the launcher's own."""
        self._print(self._paint(text, 1))

    def step(self, text: str, since: float) -> None:
        """A step that is done, with the seconds it took. `since`: time.monotonic() before it."""
        self._print(f"  {text:<58} {time.monotonic() - since:6.1f} s")

    def line(self, name: str, text: bytes, *, shown: bool = True) -> None:
        """A line that a program wrote: to its file and, behind its name, to the terminal."""
        rotate(self.log(name))
        with contextlib.suppress(OSError), self.log(name).open("ab") as file:
            file.write(text[:KEEP_LOG_BYTES] + b"\n")
        if shown:
            if name not in self._names:
                self._names.append(name)
            colour = COLOURS[self._names.index(name) % len(COLOURS)]
            label = self._paint(f"{name:<{NAME_WIDTH}}|", colour)
            self._print(f"{label} {text.decode('utf-8', 'replace')}")

    def _paint(self, text: str, colour: int) -> str:
        return f"\033[{colour}m{text}\033[0m" if self._coloured else text

    def _print(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(text, file=self._out, flush=True)
