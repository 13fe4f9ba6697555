"""Finding what was lost, without ever flooding the broker."""

from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db.models.functions import Now
from pytest_django import Settings

from evaluations.actions.cancel import cancel_run
from evaluations.actions.start import claim_next
from evaluations.actions.sweep import nudge_boards, nudge_waiting, sweep, take_back_overdue
from evaluations.models import Board, Run
from hub.lease import from_now
from hub.models import User
from hub.queue import depth, send
from tests.factories import make_board, make_run
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_broker() -> None:
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()


def overdue_run(state: str = "fetching", **fields: Any) -> Run:
    run = make_run(state=state, attempt=1, lease_token=1, worker="gone", **fields)
    Run.objects.filter(pk=run.pk).update(lease_until=from_now(-1))
    return run


@pytest.mark.parametrize("state", sorted(Run.HELD_STATES))
def test_an_overdue_run_of_every_held_state_goes_back(state: str) -> None:
    run = overdue_run(state)
    assert take_back_overdue() == 1
    run.refresh_from_db()
    assert (run.state, run.not_before, run.failure_code) == ("queued", None, "lease_lost")
    assert run.failure_stage == state


def test_after_the_last_attempt_it_fails_and_says_so(settings: Settings) -> None:
    settings.MAX_ATTEMPTS = 1
    run = overdue_run("running")
    take_back_overdue()
    run.refresh_from_db()
    assert (run.state, run.failure_code, run.failure_whose) == ("failed", "lease_lost", "hub")


def test_a_lease_that_holds_is_left_alone() -> None:
    run = make_run()
    claim_next(queue="cpu", worker="w")
    assert take_back_overdue() == 0
    run.refresh_from_db()
    assert run.state == "fetching"


def test_an_overdue_run_that_was_to_be_cancelled_is_cancelled(cleo: User) -> None:
    run = overdue_run()
    cancel_run(actor=cleo, run=run)
    take_back_overdue()
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_runs_that_nobody_was_told_about_are_announced_once() -> None:
    for _ in range(3):
        make_run()
    assert nudge_waiting() == 3
    assert depth("cpu") == 3
    assert nudge_waiting() == 0
    assert depth("cpu") == 3


def test_a_flushed_broker_is_filled_again_but_never_beyond_the_waiting_runs(
    settings: Settings,
) -> None:
    for _ in range(5):
        make_run()
    nudge_waiting()
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    send("evaluations.work", "cpu", queue="cpu")
    Run.objects.update(sent_at=from_now(-settings.SWEEP_SECONDS - 1))
    assert nudge_waiting() == 4
    assert depth("cpu") == 5


def test_a_run_that_waits_for_its_next_attempt_is_not_announced() -> None:
    run = make_run()
    Run.objects.filter(pk=run.pk).update(not_before=Now() + timedelta(minutes=1))
    assert nudge_waiting() == 0


def test_without_a_broker_nothing_is_marked_as_sent(settings: Settings) -> None:
    make_run()
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert nudge_waiting() == 0
    assert Run.objects.get().sent_at is None


def test_a_board_that_nobody_ranked_is_announced_again(settings: Settings) -> None:
    fresh, stale = make_board(), make_board()
    Board.objects.filter(pk=fresh.pk).update(stale_since=Now())
    Board.objects.filter(pk=stale.pk).update(stale_since=from_now(-settings.SWEEP_SECONDS - 1))
    assert nudge_boards() == 1


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_moment_do_what_one_does() -> None:
    for _ in range(6):
        overdue_run()
        make_run()
    swept = at_once(4, lambda _: sweep())
    assert sum(each.overdue for each in swept) == 6
    assert sum(each.nudged for each in swept) == 12
    assert depth("cpu") == 12
    assert Run.objects.get(pk=Run.objects.earliest("pk").pk).events.count() == 1
