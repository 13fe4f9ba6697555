"""What a run's page reads: stages, times, what it waits for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from evaluations.actions.fail import LEASE_LOST, fail_run
from evaluations.actions.move import move_run
from evaluations.actions.start import claim_next
from evaluations.models import Run
from evaluations.runs import stages_of, wait_of
from tests.factories import make_run

pytestmark = pytest.mark.django_db


def statuses(run: Run) -> list[str]:
    return [stage.status for stage in stages_of(run)]


def test_a_waiting_run_is_in_its_first_stage() -> None:
    assert statuses(make_run()) == ["current", *["ahead"] * 5]


def test_stages_that_are_over_know_how_long_they_took() -> None:
    make_run()
    run = claim_next(queue="cpu", worker="w")
    assert run is not None
    move_run(run, "preparing")
    waited, fetching, preparing, running, *_ = stages_of(run)
    assert (waited.status, fetching.status, preparing.status) == ("done", "done", "current")
    assert fetching.seconds is not None
    assert preparing.reached_at is not None
    assert (preparing.seconds, running.reached_at) == (None, None)


def test_a_failed_run_shows_the_stage_in_which_it_failed() -> None:
    make_run()
    run = claim_next(queue="cpu", worker="w")
    assert run is not None
    move_run(run, "failed", failure_code="x", failure_message="y", finished_at=timezone.now())
    assert statuses(run)[:3] == ["done", "failed", "ahead"]


def test_after_a_lost_lease_only_the_new_wait_counts() -> None:
    make_run()
    run = claim_next(queue="cpu", worker="w")
    assert run is not None
    fail_run(run, LEASE_LOST, wait=False)
    stages = stages_of(run)
    assert [stage.status for stage in stages][:2] == ["current", "ahead"]
    assert stages[1].reached_at is None


def test_the_position_counts_who_goes_first_on_the_same_queue() -> None:
    first, second = make_run(), make_run()
    hasty = make_run(priority=9)
    other = make_run(queue="gpu")
    positions = [wait.position for run in (first, second, hasty, other) if (wait := wait_of(run))]
    assert positions == [2, 3, 1, 1]
    assert wait_of(make_run(state="running")) is None


def test_the_expected_wait_is_that_of_the_last_runs_by_busy_workers() -> None:
    now = timezone.now()
    done = make_run(state="published")
    Run.objects.filter(pk=done.pk).update(started_at=now, finished_at=now + timedelta(seconds=60))
    for worker in ("a", "b"):
        make_run(state="running", worker=worker)
    make_run()
    wait = wait_of(make_run())
    assert wait is not None
    assert (wait.position, wait.busy_workers, wait.expected_seconds) == (2, 2, 60.0)


def test_without_any_history_nothing_is_promised() -> None:
    wait = wait_of(make_run())
    assert wait is not None
    assert (wait.expected_seconds, wait.last_taken_at) == (None, None)
