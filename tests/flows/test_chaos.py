"""A seeded nemesis against real workers, PostgreSQL and Valkey; then the event rows are the witnesses.

Runs are asked for while workers are killed and frozen, the broker is flushed and its connections are cut,
database connections are cut, messages are repeated and runs cancelled. The order of faults is seeded,
their timing is not. Longer: `CHAOS_SECONDS=120 CHAOS_SEED=7 pytest tests/flows/test_chaos.py`.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from pytest_django import Settings

from evaluations.actions.cancel import cancel_run
from evaluations.actions.request import request_runs
from evaluations.actions.sweep import sweep
from evaluations.models import Recipe, Run, RunEvent, RunItem, Score
from hub.models import User
from hub.queue import send
from hub.state import IllegalMove
from tests.running import Worker, eventually, fast_recipe, start_worker, stored_checkpoint

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = float(os.environ.get("CHAOS_SECONDS", "10"))
SEED = int(os.environ.get("CHAOS_SEED", "20261123"))
REQUEST_EVERY, FAULT_EVERY, SWEEP_EVERY = 0.2, 1.2, 0.5
FROZEN_SECONDS = 3.0


class Nemesis:
    """Two supervised workers, and what is done to them."""

    def __init__(self, person: User, folder: Path) -> None:
        self.random = random.Random(SEED)
        self.person = person
        self.folder = folder
        self.workers = {name: self.start(name) for name in ("left", "right")}
        self.frozen: dict[str, float] = {}
        self.done: Counter[str] = Counter()
        self.cancelled: set[int] = set()

    def start(self, name: str) -> Worker:
        return start_worker(name, folder=self.folder, concurrency=2, FAST_HARNESS_SECONDS="0.2")

    def strike(self) -> None:
        faults: list[Callable[[], object]] = [
            self.kill_a_worker,
            self.freeze_a_worker,
            self.flush_the_broker,
            self.cut_the_broker,
            self.cut_the_database,
            self.repeat_messages,
            self.cancel_a_run,
        ]
        fault = self.random.choice(faults)
        fault()
        self.done[fault.__name__] += 1

    def supervise(self) -> None:
        """Thaw who was frozen long enough, start again who is gone."""
        for name, until in list(self.frozen.items()):
            if time.monotonic() > until:
                del self.frozen[name]
                with suppress(ProcessLookupError):
                    self.workers[name].thaw()
        for name, worker in self.workers.items():
            if worker.process.poll() is not None:
                self.workers[name] = self.start(name)

    def heal(self) -> None:
        self.frozen = dict.fromkeys(self.frozen, 0.0)
        self.supervise()

    def stop(self) -> None:
        for worker in self.workers.values():
            worker.kill()

    def kill_a_worker(self) -> None:
        name = self.random.choice(sorted(self.workers))
        self.frozen.pop(name, None)
        self.workers[name].kill()

    def freeze_a_worker(self) -> None:
        name = self.random.choice(sorted(self.workers))
        with suppress(ProcessLookupError):
            self.workers[name].freeze()
            self.frozen[name] = time.monotonic() + FROZEN_SECONDS

    def flush_the_broker(self) -> None:
        redis.Redis.from_url(django_settings.REDIS_URL).flushdb()

    def cut_the_broker(self) -> None:
        """Only connections of our own database number: other tests use the same server."""
        broker = redis.Redis.from_url(django_settings.REDIS_URL)
        ours = str(broker.connection_pool.connection_kwargs.get("db", 0))
        for client in broker.client_list():
            if client["db"] == ours and client["cmd"] != "client|list":
                with suppress(redis.ResponseError):
                    broker.client_kill(client["addr"])

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


def test_whatever_happens_every_run_ends_once(
    ann: User, tmp_path: Path, settings: Settings
) -> None:
    settings.LEASE_SECONDS = 2
    settings.SWEEP_SECONDS = 1
    settings.MAX_ATTEMPTS = 200
    settings.STORE_DIR = tmp_path / "store"
    settings.STATE_DIR = tmp_path / "state"
    settings.STATE_DIR.mkdir()
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    ann.role = "maintainer"
    ann.save(update_fields=["role"])
    recipes = [fast_recipe(), fast_recipe()]
    nemesis = Nemesis(ann, tmp_path)
    try:
        warm_up(ann, recipes)
        asked = rage(nemesis, ann, recipes)
        asked += last_words(nemesis, ann, recipes)
        nemesis.heal()
        eventually(lambda: drained(nemesis), within=60, what="runs are stuck after healing")
    finally:
        nemesis.stop()
        # What was cut lies in this process's pool; the next test would try one dead connection after another.
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL back end
    complaints = check(asked, nemesis.cancelled)
    assert not complaints, f"seed {SEED}, {dict(nemesis.done)}: {complaints[:10]}"
    assert sum(nemesis.done.values()) >= SECONDS / FAULT_EVERY / 3


def warm_up(person: User, recipes: list[Recipe]) -> None:
    """There is nothing to disturb before the workers work."""
    request_runs(actor=person, checkpoint=stored_checkpoint("first"), recipes=recipes)
    eventually(lambda: Run.objects.filter(state="published").exists())


def rage(nemesis: Nemesis, person: User, recipes: list[Recipe]) -> list[int]:
    """Ask, strike, sweep until the time is up; the runs whose request was answered."""
    asked: list[int] = []
    now = time.monotonic()
    until, request_at, strike_at, sweep_at = now + SECONDS, now, now + 1.0, now
    while (now := time.monotonic()) < until:
        if now >= request_at:
            request_at = now + REQUEST_EVERY
            checkpoint = stored_checkpoint(f"bytes {len(asked)}")
            runs = request_runs(actor=person, checkpoint=checkpoint, recipes=recipes)
            asked += [run.pk for run in runs]
            assert request_runs(actor=person, checkpoint=checkpoint, recipes=recipes) == []
        if now >= strike_at:
            strike_at = now + FAULT_EVERY
            nemesis.strike()
        if now >= sweep_at:
            sweep_at = now + SWEEP_EVERY
            nemesis.supervise()
            sweep()
        time.sleep(0.02)
    return asked


def last_words(nemesis: Nemesis, person: User, recipes: list[Recipe]) -> list[int]:
    """Runs whose only messages are lost: nothing but a sweep can find them."""
    runs = [
        request_runs(actor=person, checkpoint=stored_checkpoint(f"last {number}"), recipes=recipes)
        for number in range(12)
    ]
    nemesis.flush_the_broker()
    return [run.pk for made in runs for run in made]


def drained(nemesis: Nemesis) -> bool:
    nemesis.supervise()
    sweep()
    return not Run.objects.live().exists()


def check(asked: list[int], cancelled: set[int]) -> list[str]:
    """What the rows say against us."""
    states = dict(Run.objects.values_list("pk", "state"))
    scores = Counter(Score.objects.values_list("run_id", flat=True))
    items = Counter(RunItem.objects.values_list("run_id", flat=True))
    bad = [f"run {pk} was lost" for pk in asked if pk not in states]
    for pk, state in states.items():
        wanted = {"published"} | ({"cancelled"} if pk in cancelled else set())
        if state not in wanted:
            bad.append(f"run {pk} ended {state}")
        if scores[pk] != (items[pk] if state == "published" else 0):
            bad.append(f"run {pk} {state} has {scores[pk]} scores")
        bad += check_events(pk, list(RunEvent.objects.filter(run=pk).order_by("pk")))
    return bad


def check_events(pk: int, events: list[RunEvent]) -> list[str]:
    """An unbroken chain of legal moves; attempts grow with each claim; one end, by the last claimant."""
    bad = []
    state = ""
    attempts = [
        event.attempt for event in events if event.to_state == "fetching" != event.from_state
    ]
    for event in events:
        if event.from_state != state:
            bad.append(f"run {pk}: {state} then {event.from_state} -> {event.to_state}")
        if state and event.to_state != state and event.to_state not in Run.MOVES[state]:
            bad.append(f"run {pk}: illegal {state} -> {event.to_state}")
        state = event.to_state
    ends = [event for event in events if event.to_state in Run.terminal_states()]
    if len(ends) != 1 or ends[0] is not events[-1]:
        bad.append(f"run {pk} ended {len(ends)} times")
    if attempts != sorted(set(attempts)):
        bad.append(f"run {pk}: attempts {attempts}")
    if ends and ends[-1].to_state == "published" and ends[-1].attempt != attempts[-1]:
        bad.append(f"run {pk} was published by attempt {ends[-1].attempt} of {attempts}")
    return bad
