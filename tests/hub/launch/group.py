"""A supervised group of dummy programs, to be stopped and killed by test_supervisor.py.

`python -m tests.hub.launch.group FOLDER '[{"name": ..., "argv": [...], "once": false, "rank": 1}]'`
"""

import json
import os
import sys
from pathlib import Path

from hub.launch.console import Console
from hub.launch.processes import Command, Sweeper, become_subreaper
from hub.launch.supervisor import Program, Supervisor


def main(folder: Path, programs: list[dict[str, str]]) -> None:
    console, sweeper = Console(folder / "logs"), Sweeper()
    become_subreaper()
    with Supervisor(console, sweeper, stop_seconds=2) as supervisor:
        for entry in programs:
            command = Command(tuple(entry["argv"]), os.environ, folder)
            supervisor.start(
                Program(entry["name"], command, rank=int(entry["rank"]), once=bool(entry["once"]))
            )
        console.say("up")
        supervisor.run_until_stopped()
    sweeper.dismiss()
    console.say("stopped")


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
