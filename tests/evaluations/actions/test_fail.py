"""A failure says what, where and whose; what may pass is tried again, a bounded number of times."""

from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from evaluations.actions.cancel import cancel_run
from evaluations.actions.fail import Failure, fail_run
from evaluations.actions.start import claim_next
from evaluations.models import Run
from hub.models import User
from hub.state import IllegalMove
from tests.factories import make_run

pytestmark = pytest.mark.django_db
LASTING = Failure(code="not_a_model", message="No weights.", whose="submitter")
PASSING = Failure(code="origin_down", message="No answer.", whose="hub", retryable=True)


def held_run() -> Run:
    make_run()
    run = claim_next(queue="cpu", worker="w")
    assert run is not None
    return run


def test_a_lasting_failure_ends_the_run_and_frees_its_recipes() -> None:
    run = held_run()
    assert fail_run(run, LASTING) == "failed"
    assert run.failure_stage == "fetching"
    assert (run.failure_code, run.failure_whose) == ("not_a_model", "submitter")
    assert run.finished_at is not None
    assert not run.items.filter(live=True).exists()
    assert run.events.latest("pk").why == "not_a_model: No weights."


def test_a_passing_failure_waits_longer_each_time_and_ends_after_the_last_attempt(
    settings: Settings,
) -> None:
    settings.MAX_ATTEMPTS = 3
    pauses = []
    run = held_run()
    while fail_run(run, PASSING) == "queued":
        assert run.not_before is not None
        pauses.append((run.not_before - run.events.latest("pk").at).total_seconds())
        assert claim_next(queue="cpu", worker="w") is None
        Run.objects.update(not_before=None)
        run = claim_next(queue="cpu", worker="w") or run
    assert (run.state, run.attempt, run.failure_code) == ("failed", 3, "origin_down")
    for pause, least in zip(pauses, [15, 60], strict=True):
        assert least <= pause < least * 1.25 + 1


def test_the_last_failure_can_be_read_while_the_run_waits_and_its_recipes_stay_taken() -> None:
    run = held_run()
    fail_run(run, PASSING)
    assert (run.state, run.failure_message, run.lease_until) == ("queued", "No answer.", None)
    assert run.items.filter(live=True).exists()


def test_a_cancel_that_was_asked_comes_before_the_failure(ann: User, cleo: User) -> None:
    run = held_run()
    cancel_run(actor=cleo, run=run)
    assert fail_run(run, PASSING) == "cancelled"
    assert run.failure_code == ""


def test_a_worker_whose_lease_was_taken_cannot_fail_the_run() -> None:
    old = held_run()
    fail_run(Run.objects.get(pk=old.pk), PASSING, wait=False)
    new = claim_next(queue="cpu", worker="other")
    assert new == old
    with pytest.raises(IllegalMove):
        fail_run(old, LASTING)
    assert Run.objects.get().state == "fetching"


def test_a_log_with_nul_bytes_can_be_kept() -> None:
    run = held_run()
    fail_run(run, Failure(code="bad_output", message="a\0b", whose="hub", log_tail="x\0y"))
    assert (run.failure_message, run.log_tail) == ("a\ufffdb", "x\ufffdy")


def test_the_database_itself_refuses_a_failure_without_a_reason() -> None:
    run = held_run()
    with pytest.raises(Exception, match="run_failure_says_why"), connection.cursor() as cursor:
        cursor.execute("UPDATE evaluations_run SET state = 'failed' WHERE id = %s", [run.pk])


def test_back_off_is_counted_on_the_database_clock() -> None:
    run = held_run()
    fail_run(run, PASSING)
    with connection.cursor() as cursor:
        cursor.execute("SELECT not_before - now() FROM evaluations_run")
        [left] = cursor.fetchone() or [None]
    assert timedelta(seconds=10) < left < timedelta(seconds=20)


def waits(run: Run, failure: Failure) -> float:
    fail_run(run, failure)
    assert run.not_before is not None
    return float((run.not_before - run.events.latest("pk").at).total_seconds())


@pytest.mark.parametrize(
    ("attempt", "asked", "least"),
    [(1, 300.0, 300), (1, 1.0, 15), (12, 0.0, 3600), (12, 7200.0, 7200), (1, 1e9, 24 * 3600)],
)
def test_the_wait_is_bounded_and_no_shorter_than_an_origin_asked_for(
    settings: Settings, attempt: int, asked: float, least: int
) -> None:
    settings.MAX_ATTEMPTS = 99
    run = held_run()
    Run.objects.update(attempt=attempt)
    run.refresh_from_db()
    failure = Failure(
        code="rate_limited", message="429.", whose="hub", retryable=True, retry_after=asked
    )
    assert least - 1 <= waits(run, failure) <= least * 1.25 + 1


def test_runs_that_failed_together_do_not_come_back_together() -> None:
    assert len({round(waits(held_run(), PASSING), 2) for _ in range(5)}) > 1
