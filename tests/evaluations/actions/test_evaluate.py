"""The stages of one attempt, with a harness that takes a moment; the real one is in tests/flows."""

import threading
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from evaluations.actions.cancel import cancel_run
from evaluations.actions.evaluate import evaluate, work_folder
from evaluations.actions.fail import LEASE_LOST, fail_run
from evaluations.harness.registry import HARNESSES
from evaluations.models import Run, Score
from hub.models import User
from tests.fast_harness import FastHarness
from tests.running import claimed_run, eventually, fast_recipe, leftovers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """While this file exists the fast harness does not end."""
    hold = tmp_path / "hold"
    hold.touch()
    monkeypatch.setenv("FAST_HARNESS_HOLD", str(hold))
    return hold


def in_thread(run: Run) -> threading.Thread:
    def body() -> None:
        evaluate(run)
        connection.close()

    thread = threading.Thread(target=body)
    thread.start()
    return thread


def state_of(run: Run) -> str:
    return Run.objects.values_list("state", flat=True).get(pk=run.pk)


def test_a_run_goes_through_every_stage_and_leaves_nothing_behind() -> None:
    run = claimed_run()
    evaluate(run)
    moves = [event.to_state for event in run.events.order_by("pk")]
    assert moves == ["fetching", "preparing", "running", "scoring", "published"]
    run.refresh_from_db()
    assert {"fetching", "preparing", "running", "harness.run"} <= set(run.timings)
    assert run.lease_until is None
    assert leftovers() == []


def test_recipes_that_agree_share_one_job_and_others_get_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs = []
    real = FastHarness.evaluate

    def counted(self: FastHarness, job: object, *args: object, **options: object) -> object:
        jobs.append(job)
        return real(self, job, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(FastHarness, "evaluate", counted)
    run = claimed_run(recipes=[fast_recipe(), fast_recipe(), fast_recipe(dtype="bfloat16")])
    evaluate(run)
    assert [len(job.tasks) for job in jobs] == [2, 1]  # type: ignore[attr-defined]
    assert Score.objects.count() == 3


def test_a_cancel_during_the_run_is_obeyed_within_two_seconds(held: Path, cleo: User) -> None:
    run = claimed_run()
    thread = in_thread(Run.objects.get(pk=run.pk))
    eventually(lambda: state_of(run) == "running")
    cancel_run(actor=cleo, run=run)
    eventually(lambda: state_of(run) == "cancelled", within=2)
    thread.join(5)
    assert not Score.objects.exists()
    assert leftovers() == []


def test_progress_can_be_read_while_it_runs(held: Path) -> None:
    run = claimed_run()
    thread = in_thread(run)
    eventually(lambda: Run.objects.get(pk=run.pk).progress.get("total") == 2)
    held.unlink()
    thread.join(10)
    assert state_of(run) == "published"


def test_a_worker_that_lost_its_lease_stops_and_writes_nothing(
    held: Path, settings: Settings
) -> None:
    settings.LEASE_SECONDS = 2
    run = claimed_run()
    thread = in_thread(Run.objects.get(pk=run.pk))
    eventually(lambda: state_of(run) == "running")
    taken = Run.objects.get(pk=run.pk)
    fail_run(taken, LEASE_LOST, wait=False)
    events = run.events.count()
    thread.join(5)
    assert not thread.is_alive()
    assert state_of(run) == "queued"
    assert run.events.count() == events
    assert not Score.objects.exists()


def test_the_lease_is_renewed_for_as_long_as_the_run_takes(held: Path, settings: Settings) -> None:
    settings.LEASE_SECONDS = 2
    run = claimed_run()
    first = Run.objects.get(pk=run.pk).lease_until
    assert first is not None
    thread = in_thread(run)
    eventually(lambda: (Run.objects.get(pk=run.pk).lease_until or first) > first)
    held.unlink()
    thread.join(10)
    assert state_of(run) == "published"


def test_a_mistake_of_the_hub_is_tried_again_and_called_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*args: object, **options: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(FastHarness, "evaluate", broken)
    run = claimed_run()
    evaluate(run)
    run.refresh_from_db()
    assert (run.state, run.failure_code, run.failure_whose) == ("queued", "hub_error", "hub")
    assert run.failure_stage == "preparing"


def test_a_worker_without_the_harness_or_with_another_version_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = claimed_run(recipes=[fast_recipe()])
    monkeypatch.setattr(FastHarness, "versions", lambda self: {"fast": "2"})
    evaluate(run)
    run.refresh_from_db()
    assert run.failure_code == "unavailable"
    assert run.failure_message == "The recipe is for fast 1; this worker has 2."
    monkeypatch.delitem(HARNESSES, "fast")
    Run.objects.update(not_before=None)
    other = claimed_run()
    evaluate(other)
    other.refresh_from_db()
    assert "no harness called fast" in other.failure_message


def test_folders_of_a_killed_attempt_are_removed_by_the_next() -> None:
    run = claimed_run()
    dead = work_folder(run).with_name(f"{run.pk}-0")
    dead.mkdir(parents=True)
    (dead / "half").touch()
    evaluate(run)
    assert leftovers() == []
