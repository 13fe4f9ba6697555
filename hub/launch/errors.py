"""The one exception of the launcher."""

import os
from pathlib import Path


class LaunchError(Exception):
    """A plain sentence that says what is wrong and what to do; `code` is the exit status.

    1: something did not start. 2: somebody else already has what we need (port, state folder).
    """

    def __init__(self, message: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def last_lines(path: Path, count: int = 15) -> str:
    """The end of a log, indented, to put under a LaunchError. Reads at most 16 KiB."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 16_384), os.SEEK_SET)
            lines = log.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return ""
    return "".join(f"\n    {line}" for line in lines)
