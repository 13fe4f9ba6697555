"""The child process of one Inspect job: as lm_eval/runner.py, whose events and failures it shares.

python -P child.py JOB.json OUTDIR EVENTS_FD
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    # Last on the path, so that they shadow nothing.
    sys.path += [str(HERE), str(HERE.parent / "lm_eval")]
    status: int = importlib.import_module("runner").main(session="asking")
    return status


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
