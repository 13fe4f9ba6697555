"""Taking the next run."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluations.actions.start import claim_next
from evaluations.models import Run
from tests.factories import make_run
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def test_the_highest_priority_goes_first_then_the_oldest() -> None:
    second, third = make_run(), make_run()
    first = make_run(priority=5)
    taken = [claim_next(queue="cpu", worker="w") for _ in range(4)]
    assert taken == [first, second, third, None]


def test_a_claim_counts_the_attempt_bumps_the_token_and_leases_by_the_database_clock() -> None:
    make_run()
    run = claim_next(queue="cpu", worker="cpu@here/1")
    assert run is not None
    run.refresh_from_db()
    assert (run.state, run.attempt, run.lease_token, run.worker) == ("fetching", 1, 1, "cpu@here/1")
    assert run.lease_until is not None
    assert run.started_at is not None
    assert timedelta(seconds=55) < run.lease_until - run.started_at <= timedelta(seconds=60)
    [event] = run.events.all()
    assert (event.from_state, event.to_state, event.worker) == ("queued", "fetching", "cpu@here/1")


def test_a_run_of_another_queue_is_left() -> None:
    make_run(queue="gpu")
    assert claim_next(queue="cpu", worker="w") is None


def test_a_run_that_waits_for_its_next_attempt_is_left_until_then() -> None:
    run = make_run(not_before=timezone.now() + timedelta(hours=1))
    assert claim_next(queue="cpu", worker="w") is None
    Run.objects.filter(pk=run.pk).update(not_before=timezone.now() - timedelta(hours=1))
    assert claim_next(queue="cpu", worker="w") == run


def test_the_next_run_is_read_from_the_index_of_what_waits_and_nothing_is_sorted() -> None:
    like = make_run()
    same = {"checkpoint": like.checkpoint, "requested_by": like.requested_by, "queue": "cpu"}
    states = ["queued"] * 1500 + ["cancelled"] * 1500
    Run.objects.bulk_create(Run(state=state, **same) for state in states)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE evaluations_run")
        with CaptureQueriesContext(connection) as seen:
            assert claim_next(queue="cpu", worker="w")
        [query] = [each["sql"] for each in seen if "SKIP LOCKED" in each["sql"]]
        cursor.execute(f"EXPLAIN {query}")
        plan = "\n".join(line for [line] in cursor.fetchall())
    assert "Index Scan using run_waiting" in plan
    assert "Sort" not in plan


@pytest.mark.django_db(transaction=True)
def test_workers_that_ask_at_the_same_moment_get_different_runs() -> None:
    for _ in range(12):
        make_run()
    taken = at_once(12, lambda number: claim_next(queue="cpu", worker=f"w{number}"))
    assert len({run.pk for run in taken if run is not None}) == 12
    assert set(Run.objects.values_list("attempt", "lease_token")) == {(1, 1)}
