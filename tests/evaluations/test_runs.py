"""What a run's page reads: stages, times, what it waits for."""

import pytest
from django.utils import timezone

from evaluations.actions.fail import LEASE_LOST, fail_run
from evaluations.actions.move import move_run
from evaluations.actions.start import claim_next
from evaluations.models import Run
from evaluations.runs import stages_of
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
