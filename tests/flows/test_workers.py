"""Real Celery workers, killed, frozen, stopped and confused: every run ends once, with one set of scores."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from pytest_django import Settings

from evaluations.actions.drain_worker import drain_worker, undrain_worker
from evaluations.actions.request import request_runs
from evaluations.actions.sweep import sweep
from evaluations.models import Recipe, Run, Score, Worker
from hub.celery import node_of
from hub.models import Checkpoint, User
from hub.queue import depth, letters, send
from tests.factories import make_benchmark_version, make_board, make_recipe
from tests.flows.origin import Origin, serving
from tests.running import (
    checkpoint_of,
    eventually,
    fast_recipe,
    forget_leftovers,
    running_worker,
    stored_checkpoint,
    worker_environment,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick_leases(settings: Settings, tmp_path: Path) -> None:
    """A worker that is gone is missed after two seconds; the broker starts empty."""
    settings.LEASE_SECONDS = 2
    settings.MAX_ATTEMPTS = 9
    settings.SWEEP_SECONDS = 1
    settings.STORE_DIR = tmp_path / "store"
    settings.STATE_DIR = tmp_path / "state"
    settings.STATE_DIR.mkdir()
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
    forget_leftovers()


@pytest.fixture
def hold(tmp_path: Path) -> Path:
    """While this file exists no measurement ends."""
    return tmp_path / "hold"


@pytest.fixture
def origin(tmp_path: Path, settings: Settings) -> Iterator[Origin]:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"\0" * 50_000)
    with serving(folder) as origin:
        settings.HF_ENDPOINT = origin.address
        yield origin


def states() -> list[str]:
    return list(Run.objects.order_by("pk").values_list("state", flat=True))


def swept_into(state: str) -> bool:
    sweep()
    return set(states()) == {state}


def assert_ended_once(run: Run) -> None:
    """One set of scores, made by the last claim; every claim had a token of its own."""
    moves = list(run.events.order_by("pk").values_list("to_state", "attempt"))
    published = [attempt for state, attempt in moves if state == "published"]
    claims = [attempt for state, attempt in moves if state == "fetching"]
    assert len(published) == 1
    assert published[0] == claims[-1]
    assert moves[-1][0] == "published"
    assert Score.objects.filter(run=run).count() == run.items.count()


@contextmanager
def locked(table: str, pk: int) -> Iterator[None]:
    """Somebody else holds this row: whoever wants to write it waits."""
    with psycopg.connect(worker_environment()["DATABASE_URL"]) as other:
        other.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [pk])  # noqa: S608
        yield
        other.rollback()


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        [count] = cursor.fetchone() or [0]
    return bool(count)


def ask(ann: User, checkpoint: Checkpoint, *recipes: Recipe) -> Run:
    [run] = request_runs(actor=ann, checkpoint=checkpoint, recipes=recipes)
    return run


def test_a_worker_killed_in_every_stage_loses_nothing(
    ann: User, origin: Origin, hold: Path, tmp_path: Path
) -> None:
    recipe = fast_recipe()
    board = make_board(recipes=[recipe])
    origin.fault = "drip"
    run = ask(ann, checkpoint_of(origin.folder), recipe, fast_recipe())
    extra: dict[str, Any] = {"FAST_HARNESS_HOLD": str(hold)}

    with running_worker(folder=tmp_path, **extra):
        eventually(lambda: origin.asked, what="nothing was fetched")
        assert states() == ["fetching"]
    origin.fault = ""
    hold.touch()
    eventually(lambda: swept_into("queued"))

    with running_worker(folder=tmp_path, **extra):
        eventually(lambda: states() == ["running"], what="nothing ran")
    hold.unlink()
    eventually(lambda: swept_into("queued"))

    with locked("evaluations_board", board.pk), running_worker(folder=tmp_path, **extra):
        eventually(waits_for_a_lock, what="nothing was recorded")
        assert states() == ["scoring"]
        assert not Score.objects.exists()
    eventually(lambda: swept_into("queued"))
    assert not Score.objects.exists()

    with running_worker(folder=tmp_path, **extra):
        eventually(lambda: swept_into("published"))
    assert_ended_once(run)
    whys = [event.why.partition(":")[0] for event in run.events.filter(to_state="queued")]
    assert whys == ["", *["lease_lost"] * 3]


def test_a_flushed_broker_and_repeated_messages_lose_and_repeat_nothing(
    ann: User, hold: Path, tmp_path: Path
) -> None:
    recipe = fast_recipe()
    hold.touch()
    with running_worker(folder=tmp_path, FAST_HARNESS_HOLD=str(hold)):
        runs = [ask(ann, stored_checkpoint(f"bytes {number}"), recipe) for number in range(6)]
        eventually(lambda: "running" in states())
        redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
        assert depth("cpu") == 0
        hold.unlink()
        for _ in range(4):
            send("evaluations.work", "cpu", queue="cpu")
        eventually(lambda: swept_into("published"))
    for run in runs:
        assert_ended_once(run)
        assert run.events.filter(to_state="fetching").count() == 1


def test_a_worker_that_wakes_up_after_its_run_was_taken_changes_nothing(
    ann: User, hold: Path, tmp_path: Path
) -> None:
    hold.touch()
    with running_worker("sleeper", folder=tmp_path, FAST_HARNESS_HOLD=str(hold)) as sleeper:
        run = ask(ann, stored_checkpoint("one"), fast_recipe())
        eventually(lambda: states() == ["running"])
        sleeper.freeze()
        eventually(lambda: swept_into("queued"))
        with running_worker("other", folder=tmp_path):
            eventually(lambda: swept_into("published"))
        hold.unlink()
        sleeper.thaw()
        later = ask(ann, stored_checkpoint("two"), fast_recipe())
        eventually(lambda: Run.objects.get(pk=later.pk).state == "published")
    assert_ended_once(run)
    assert run.events.latest("pk").worker.startswith("other@")


def test_a_worker_told_to_stop_hands_its_run_back_at_once_and_uncharged(
    ann: User, hold: Path, tmp_path: Path, settings: Settings
) -> None:
    settings.LEASE_SECONDS = 60
    hold.touch()
    with running_worker(folder=tmp_path, FAST_HARNESS_HOLD=str(hold)) as worker:
        run = ask(ann, stored_checkpoint("one"), fast_recipe())
        eventually(lambda: states() == ["running"])
        worker.stop()
        eventually(lambda: states() == ["queued"], within=15, what="the run was not handed back")
        worker.process.wait(timeout=20)
    run.refresh_from_db()
    assert (run.attempt, run.lease_token) == (0, 1)
    assert run.events.latest("pk").why == "the worker was told to stop"
    assert depth("cpu") == 1


def test_a_run_that_was_handed_back_is_taken_elsewhere_at_once(
    ann: User, hold: Path, tmp_path: Path, settings: Settings
) -> None:
    settings.LEASE_SECONDS = 60
    hold.touch()
    with running_worker("leaving", folder=tmp_path, FAST_HARNESS_HOLD=str(hold)) as leaving:
        run = ask(ann, stored_checkpoint("one"), fast_recipe())
        eventually(lambda: states() == ["running"], what="nobody took it")
        with running_worker("staying", folder=tmp_path):
            eventually(lambda: Worker.objects.alive().count() == 2, what="who is there?")
            leaving.stop()
            # Nobody sweeps here: what the leaving worker sent is all that the other one hears.
            eventually(lambda: states() == ["published"], within=20, what="nobody took it again")
            eventually(lambda: Worker.objects.alive().count() == 1, what="it went in silence")
    claims = run.events.filter(to_state="fetching").order_by("pk")
    assert [each.worker.partition("@")[0] for each in claims] == ["leaving", "staying"]
    assert [each.attempt for each in claims] == [1, 1]
    assert_ended_once(run)


def test_a_message_that_an_unfit_worker_reads_reaches_the_fit_one_even_while_that_is_busy(
    ann: User, hold: Path, tmp_path: Path
) -> None:
    """Nobody sweeps here. While the fit worker measures, the other one reads whatever is sent."""
    recipe = make_recipe(
        make_benchmark_version(harness="fast", needs=["network"]), harness_version="1"
    )
    hold.touch()
    extra: dict[str, Any] = {"FAST_HARNESS_HOLD": str(hold)}
    with (
        running_worker("unfit", folder=tmp_path, WORKER_CAPABILITIES="", **extra),
        running_worker("fit", folder=tmp_path, WORKER_CAPABILITIES="network", **extra),
    ):
        eventually(lambda: Worker.objects.alive().count() == 2, what="who is there?")
        assert set(Worker.objects.values_list("queues__0", "queues__len")) == {("cpu", 1)}
        first = ask(ann, stored_checkpoint("one"), recipe)
        eventually(lambda: states() == ["running"], what="the fit worker heard nothing")
        later = [ask(ann, stored_checkpoint(f"bytes {number}"), recipe) for number in range(3)]
        first.refresh_from_db()
        node = node_of(first.worker)
        eventually(lambda: letters([node]) == {node: 3}, what="nothing was handed on")
        # More messages than runs are of no use to anybody.
        send("evaluations.work", "cpu", queue="cpu")
        eventually(lambda: depth("cpu") == 0)
        plain = ask(ann, stored_checkpoint("two"), fast_recipe())
        eventually(lambda: Run.objects.get(pk=plain.pk).worker.startswith("unfit@"))
        assert letters([node]) == {node: 3}
        hold.unlink()
        eventually(lambda: set(states()) == {"published"}, what="a run was left waiting")
    for run in [first, *later]:
        assert_ended_once(run)


def test_a_worker_that_drains_ends_what_it_holds_and_takes_nothing_more(
    ann: User, cleo: User, hold: Path, tmp_path: Path
) -> None:
    hold.touch()
    with running_worker(folder=tmp_path, FAST_HARNESS_HOLD=str(hold)) as _:
        held = ask(ann, stored_checkpoint("one"), fast_recipe())
        eventually(lambda: states() == ["running"])
        eventually(lambda: Worker.objects.alive().exists(), what="it did not announce itself")
        worker = drain_worker(actor=cleo, worker=Worker.objects.get(), why="new driver")
        later = ask(ann, stored_checkpoint("two"), fast_recipe())
        hold.unlink()
        eventually(lambda: Run.objects.get(pk=held.pk).state == "published")
        # It has told the broker that it listens no more: the message stays for somebody else.
        eventually(lambda: depth("cpu") == 1, what="the message was taken")
        assert Run.objects.get(pk=later.pk).state == "queued"
        undrain_worker(actor=cleo, worker=worker)
        eventually(lambda: Run.objects.get(pk=later.pk).state == "published")
    names = set(later.events.filter(to_state="fetching").values_list("worker", flat=True))
    assert names == {worker.name}
