"""What is done to the workers and to everything that they lean on."""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import redis
from django.conf import settings
from django.db import connection

from evaluations.actions.cancel import cancel_run
from evaluations.models import Run
from hub.models import User
from hub.queue import send
from hub.state import IllegalMove
from tests.chaos.servers import Disk, Servers
from tests.flows.origin import Origin
from tests.running import Worker, start_worker

FROZEN_SECONDS = 3.0
FAULTY_SECONDS = 1.5
ORIGIN_FAULTS = ("500", "503", "429", "slow", "truncated", "altered")
WORKERS = ("left", "right")


class Storm:
    """Two supervised workers, and what is done to them; `done` counts it."""

    def __init__(
        self, seed: int, person: User, folder: Path, servers: Servers, origin: Origin, disk: Disk
    ) -> None:
        self.random = random.Random(seed)
        self.person, self.folder = person, folder
        self.servers, self.origin, self.disk = servers, origin, disk
        self.workers = {name: self._start(name) for name in WORKERS}
        # What passes by itself: when, and how it is ended.
        self.passing: list[tuple[float, Callable[[], object]]] = []
        self.done: Counter[str] = Counter()
        self.cancelled: set[int] = set()
        self._bag: list[Callable[[], object]] = []

    def _start(self, name: str) -> Worker:
        return start_worker(name, folder=self.folder, concurrency=2, FAST_HARNESS_SECONDS="0.2")

    def strike(self) -> None:
        """Every fault comes once before any comes again: a short storm has them all."""
        if not self._bag:
            self._bag = self._faults()
            self.random.shuffle(self._bag)
        fault = self._bag.pop()
        self.done[fault.__name__] += 1
        fault()

    def _faults(self) -> list[Callable[[], object]]:
        faults: list[Callable[[], object]] = [
            self.kill_a_worker,
            self.kill_a_worker,
            self.freeze_a_worker,
            self.restart_the_broker,
            self.cut_the_broker,
            self.restart_the_database,
            self.cut_the_database,
            self.repeat_messages,
            self.cancel_a_run,
            self.spoil_the_origin,
            self.spoil_the_origin,
            self.hang_up_at_the_origin,
        ]
        return [*faults, self.fill_the_disk] if self.disk.is_own else faults

    def supervise(self) -> None:
        """End what passes, start again who is gone."""
        now = time.monotonic()
        over = [each for each in self.passing if each[0] <= now]
        self.passing = [each for each in self.passing if each[0] > now]
        for _, end in over:
            end()
        for name, worker in self.workers.items():
            if worker.process.poll() is not None:
                self.workers[name] = self._start(name)

    def heal(self) -> None:
        self.passing = [(0.0, end) for _, end in self.passing]
        self.supervise()

    def stop(self) -> None:
        for worker in self.workers.values():
            worker.kill()

    def _for_a_while(self, seconds: float, end: Callable[[], object]) -> None:
        self.passing.append((time.monotonic() + seconds, end))

    def kill_a_worker(self) -> None:
        self.workers[self.random.choice(WORKERS)].kill()

    def freeze_a_worker(self) -> None:
        worker = self.workers[self.random.choice(WORKERS)]

        def thaw() -> None:
            with suppress(ProcessLookupError):
                worker.thaw()

        with suppress(ProcessLookupError):
            worker.freeze()
            self._for_a_while(FROZEN_SECONDS, thaw)

    def restart_the_broker(self) -> None:
        self.servers.restart_valkey()

    def cut_the_broker(self) -> None:
        with redis.Redis.from_url(settings.REDIS_URL) as broker:
            for client in broker.client_list():
                if client["cmd"] != "client|list":
                    with suppress(redis.ResponseError):
                        broker.client_kill(client["addr"])

    def restart_the_database(self) -> None:
        self.servers.restart_postgres()

    def cut_the_database(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def repeat_messages(self) -> None:
        for _ in range(5):
            send("evaluations.work", "cpu", queue="cpu")

    def cancel_a_run(self) -> None:
        live = list(Run.objects.live().order_by("pk"))
        if live:
            run = self.random.choice(live)
            with suppress(IllegalMove):
                cancel_run(actor=self.person, run=run)
                self.cancelled.add(run.pk)

    def spoil_the_origin(self) -> None:
        self.origin.fault = self.random.choice(ORIGIN_FAULTS)
        self._for_a_while(FAULTY_SECONDS, self._mend_the_origin)

    def hang_up_at_the_origin(self) -> None:
        self.origin.fault = "hang up"
        self._for_a_while(FAULTY_SECONDS, self._mend_the_origin)

    def _mend_the_origin(self) -> None:
        self.origin.fault = ""

    def fill_the_disk(self) -> None:
        self.disk.fill()
        self._for_a_while(FAULTY_SECONDS, self.disk.empty)
