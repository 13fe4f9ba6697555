"""python -m tests.chaos [--seconds 120] [--seed 7]: a storm, a verdict as JSON; exit 1 for a complaint."""

import argparse
import faulthandler
import json
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REQUEST_EVERY, FAULT_EVERY, SWEEP_EVERY = 0.3, 1.0, 0.5
DRAIN_SECONDS = 90


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m tests.chaos")
    words.add_argument("--seconds", type=float, default=60)
    words.add_argument("--seed", type=int, default=random.randrange(10**6))
    told = words.parse_args()
    # Whoever hangs says where.
    faulthandler.dump_traceback_later(told.seconds + DRAIN_SECONDS + 120, exit=True)
    folder = Path(tempfile.mkdtemp(prefix="tributary-chaos-"))
    folder.chmod(0o755)
    try:
        report = chaos(folder, told.seconds, told.seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    json.dump(report, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 1 if report["complaints"] else 0


def chaos(folder: Path, seconds: float, seed: int) -> dict[str, Any]:
    from tests.chaos.servers import Disk, Servers

    # Before anything has a thread: the kernel gives namespaces only to a process with one.
    disk = Disk(folder / "disk")
    servers = Servers(folder)
    try:
        servers.start()
        settle(folder, servers)
        from tests.chaos.weather import weather

        return weather(folder, servers, disk, seconds=seconds, seed=seed)
    finally:
        servers.stop()
        disk.remove()


def settle(folder: Path, servers: Any) -> None:
    """Settings of this process and its workers, and a database with tables."""
    state = folder / "disk" / "state"
    state.mkdir()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "hub.settings",
        "DATABASE_URL": servers.postgres.url("tributary"),
        "REDIS_URL": servers.valkey.url(0),
        "SECRET_KEY": "for this storm alone, never for a site that anybody can reach",
        "STATE_DIR": str(state),
        "DEBUG": "False",
        "DEMO": "False",
        "SMOKE_MAX_BYTES": "0",
        "LEASE_SECONDS": "2",
        "SWEEP_SECONDS": "1",
        "MAX_ATTEMPTS": "200",
        "ORIGIN_TIMEOUT": "1",
    }
    import django
    from django.core.management import call_command

    from hub.launch.readiness import ensure_database

    ensure_database(servers.postgres.url("tributary"))
    django.setup()
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    started = time.monotonic()
    status = main()
    sys.stderr.write(f"{time.monotonic() - started:.0f} s in all\n")
    sys.exit(status)
