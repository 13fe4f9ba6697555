"""Requests, faults and sweeps until the time is up; then calm, and the verdict."""

import hashlib
import random
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from evaluations.actions.request import request_runs
from evaluations.actions.sweep import sweep
from evaluations.models import Recipe, Run
from hub.models import Checkpoint, User
from tests.chaos.__main__ import DRAIN_SECONDS, FAULT_EVERY, REQUEST_EVERY, SWEEP_EVERY
from tests.chaos.servers import Disk, Servers
from tests.chaos.storm import Storm
from tests.chaos.verdict import complaints, recoveries
from tests.factories import make_user
from tests.flows.origin import serving
from tests.running import checkpoint_of, eventually, fast_recipe

WEIGHTS_BYTES = 40_000


class Weather:
    """What asks for runs and sweeps while the storm goes on. `asked` are the requests that were answered."""

    def __init__(self, storm: Storm, person: User, recipes: list[Recipe], origin: Path) -> None:
        self.storm, self.person, self.recipes, self.origin = storm, person, recipes, origin
        self.random = random.Random(1)
        self.asked: list[int] = []
        self.strikes: list[tuple[str, datetime]] = []
        self.requests = 0

    def ask(self) -> None:
        """A database that is away answers nobody; whoever asks comes again."""
        self.requests += 1
        try:
            runs = request_runs(
                actor=self.person, checkpoint=self.new_checkpoint(), recipes=self.recipes
            )
        except (OperationalError, InterfaceError):
            connection.close()
        else:
            self.asked += [run.pk for run in runs]

    def new_checkpoint(self) -> Checkpoint:
        """Bytes that only the origin has; every fifth time those of an earlier one under a new name."""
        number = self.requests - self.requests % 5 if self.requests % 5 == 4 else self.requests
        folder = self.origin / f"rill-{self.requests}"
        folder.mkdir(exist_ok=True)
        seed = hashlib.sha256(str(number).encode()).digest()
        (folder / "config.json").write_bytes(b'{"seed": "%s"}' % seed.hex().encode())
        (folder / "model.safetensors").write_bytes(random.Random(seed).randbytes(WEIGHTS_BYTES))
        return checkpoint_of(folder, f"chaos/rill-{self.requests}")

    def strike(self) -> None:
        before = self.storm.done.copy()
        when = timezone.now()
        self.quietly(self.storm.strike)
        [name] = self.storm.done - before
        self.strikes.append((name, when))

    def sweep(self) -> None:
        self.storm.supervise()
        self.quietly(sweep)

    def quietly(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (OperationalError, InterfaceError):
            connection.close()

    def rage(self, seconds: float) -> None:
        now = time.monotonic()
        until, ask_at, strike_at, sweep_at = now + seconds, now, now + 1.0, now
        while (now := time.monotonic()) < until:
            if now >= ask_at:
                ask_at = now + REQUEST_EVERY
                self.ask()
            if now >= strike_at:
                strike_at = now + FAULT_EVERY
                self.strike()
            if now >= sweep_at:
                sweep_at = now + SWEEP_EVERY
                self.sweep()
            time.sleep(0.02)

    def calm(self) -> float:
        """Seconds until nothing is left to do; back-off counts as waited."""
        # Their messages are lost: nothing but a sweep can find the last runs.
        for _ in range(6):
            self.ask()
        self.storm.restart_the_broker()
        self.storm.heal()
        began = time.monotonic()
        eventually(self.is_calm, within=DRAIN_SECONDS, what="runs are stuck after the storm")
        return round(time.monotonic() - began, 1)

    def is_calm(self) -> bool:
        self.sweep()
        try:
            Run.objects.filter(state="queued").update(not_before=None)
            return not Run.objects.live().exists()
        except (OperationalError, InterfaceError):
            connection.close()
            return False


def weather(
    folder: Path, servers: Servers, disk: Disk, *, seconds: float, seed: int
) -> dict[str, Any]:
    files = folder / "origin"
    files.mkdir()
    with serving(files) as origin:
        origin.retry_after = 1
        settings.HF_ENDPOINT = origin.address
        person = make_user("nemesis", "maintainer")
        recipes = [fast_recipe(), fast_recipe()]
        storm = Storm(seed, person, folder, servers, origin, disk)
        try:
            around = Weather(storm, person, recipes, files)
            around.ask()
            eventually(lambda: Run.objects.filter(state="published").exists())
            around.rage(seconds)
            calm = around.calm()
        finally:
            storm.stop()
        return {
            "seed": seed,
            "seconds": seconds,
            "faults": dict(storm.done),
            "disk_of_its_own": disk.is_own,
            "runs": len(around.asked),
            "cancelled": Run.objects.filter(state="cancelled").count(),
            "attempts": sum(Run.objects.values_list("attempt", flat=True)),
            "seconds_to_calm": calm,
            "longest_recovery": recoveries(around.strikes),
            "complaints": complaints(around.asked, storm.cancelled),
        }
