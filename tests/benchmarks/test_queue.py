"""What the queue costs with 100 and with 10,000 runs waiting: claims, sweeps, pages.

    python -m pytest tests/benchmarks/test_queue.py -m benchmark -s

Times are printed, never asserted; that every claim gets a run of its own, by an index, is.
"""

import statistics
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluations.actions.hand_on import hand_on
from evaluations.actions.request import create_run
from evaluations.actions.start import claim_next
from evaluations.actions.sweep import nudge_waiting
from evaluations.forecast import lines
from evaluations.models import Run, Worker
from evaluations.waiting import wait_of
from hub.models import User
from hub.presence import connect_alone
from tests.factories import make_checkpoint, make_recipe

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

SIZES = (100, 1_000, 10_000)
# Runs that have ended, so that a scan would be seen.
PAST = 50_000
CLAIMS = 96
THREADS = (1, 8, 100)
TIMES = 15
FIT, UNFIT = "bench@here/1", "bench@there/1"

RUNS = """
INSERT INTO evaluations_run (checkpoint_id, state, purpose, queue, needs, priority, share, turn,
    requested_by_id, requested_at, cancel_asked, progress, log_tail, failure_stage, failure_code,
    failure_message, failure_whose, versions, hardware, usage, timings, warnings, attempt, lease_token,
    worker, started_at, finished_at, expected_seconds)
SELECT checkpoint_id, %(state)s, purpose, queue, needs, 0, 'person:' || i %% 100, i, requested_by_id, now(),
    false, '{}', repeat('a line of its log ', 30), '', '', '', '', '{}', '{}', '{}', '{}', '[]', %(ran)s,
    %(ran)s, '', CASE WHEN %(ran)s > 0 THEN now() END, CASE WHEN %(ran)s > 0 THEN now() END, 60
FROM evaluations_run, generate_series(1, %(count)s) i WHERE id = %(like)s
"""
ITEMS = """
INSERT INTO evaluations_runitem (run_id, recipe_id, checkpoint_digest, live)
SELECT run.id, %(recipe)s, md5(run.id::text), true FROM evaluations_run run
WHERE NOT EXISTS (SELECT FROM evaluations_runitem item WHERE item.run_id = run.id)
"""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def milliseconds(work: Callable[[], object], times: int = TIMES) -> float:
    """The median, after one that is not counted."""
    work()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return 1000 * statistics.median(taken)


def fill(waiting: int) -> None:
    recipe, person = make_recipe(), User.objects.create(username=f"asks-for-{waiting}")
    like = create_run(person, make_checkpoint(), "cpu", [recipe])
    with connection.cursor() as cursor:
        facts = {"like": like.pk, "recipe": recipe.pk}
        cursor.execute(RUNS, {**facts, "state": "published", "ran": 1, "count": PAST})
        cursor.execute(RUNS, {**facts, "state": "queued", "ran": 0, "count": waiting - 1})
        cursor.execute(ITEMS, facts)
        cursor.execute("VACUUM ANALYZE evaluations_run, evaluations_runitem")


def claims_a_second(threads: int) -> float:
    """CLAIMS claims by so many at once, each over a connection of its own that is open already."""
    taken: list[int] = []
    ready = threading.Barrier(threads + 1)

    def claim(count: int) -> None:
        # The pool has eight; a hundred machines have one each.
        connect_alone()
        connection.ensure_connection()
        ready.wait()
        for _ in range(count):
            run = claim_next(queue="cpu", worker=FIT)
            taken.append(run.pk if run else 0)
        ready.wait()
        connection.close()

    shares = [CLAIMS // threads + (n < CLAIMS % threads) for n in range(threads)]
    pool = [threading.Thread(target=claim, args=(count,)) for count in shares]
    for each in pool:
        each.start()
    ready.wait()
    started = time.perf_counter()
    ready.wait()
    took = time.perf_counter() - started
    for each in pool:
        each.join()
    assert len(set(taken) - {0}) == CLAIMS
    put_back(taken)
    return CLAIMS / took


def plan_of_a_claim() -> str:
    """How PostgreSQL finds the next run, with the parameters of a real claim."""
    with CaptureQueriesContext(connection) as seen:
        run = claim_next(queue="cpu", worker=FIT)
    assert run is not None
    put_back([run.pk])
    [query] = [each["sql"] for each in seen if "SKIP LOCKED" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}")
        return "\n".join(line for [line] in cursor.fetchall())


def put_back(taken: list[int]) -> None:
    """Where they were, so that the next measurement finds as many."""
    fresh = {"state": "queued", "attempt": 0, "lease_token": 0, "worker": "", "started_at": None}
    Run.objects.filter(pk__in=taken).update(**fresh)


def test_what_the_queue_costs(client: Client) -> None:
    found: dict[str, list[str]] = {}
    broker = redis.Redis.from_url(settings.REDIS_URL)
    for size in SIZES:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE evaluations_run CASCADE")
        fill(size)
        needs = Run.objects.filter(state="queued").values_list("needs", flat=True)[0]
        facts = {"host": "here", "queues": ["cpu"], "backends": needs, "processes": 100}
        Worker.objects.update_or_create(name=FIT, defaults=facts)
        Worker.objects.update_or_create(name=UNFIT, defaults={**facts, "backends": []})
        plan = plan_of_a_claim()
        assert "run_waiting" in plan
        assert "Seq Scan" not in plan
        assert "Sort" not in plan
        for threads in THREADS:
            name = f"claims a second, {threads} at once"
            rate = statistics.median(claims_a_second(threads) for _ in range(3))
            found.setdefault(name, []).append(f"{rate:,.0f} /s")
        last = Run.objects.filter(state="queued").order_by("-turn")[0]
        broker.flushdb()
        started = time.perf_counter()
        sent = nudge_waiting()
        took = 1000 * (time.perf_counter() - started)
        rows: dict[str, float] = {
            "page of the queue": milliseconds(partial(client.get, "/runs/")),
            "page of one person": milliseconds(partial(client.get, "/runs/?person=nobody")),
            "page of the last in line": milliseconds(partial(client.get, f"/runs/{last.pk}/")),
            "place of the last in line": milliseconds(partial(wait_of, last)),
            "all queues": milliseconds(lines),
            "who is fit for nothing looks": milliseconds(
                partial(claim_next, queue="cpu", worker=UNFIT)
            ),
            "and hands the message on": milliseconds(partial(hand_on, queue="cpu", worker=UNFIT)),
        }
        found.setdefault("nudging, after a loss", []).append(f"{took:,.0f} ms ({sent})")
        rows["nudging, the next sweep"] = milliseconds(nudge_waiting)
        for name, value in rows.items():
            found.setdefault(name, []).append(f"{value:,.1f} ms")
    say(f"\n{plan}\n" + f"{'':36}" + "".join(f"{size:>16,}" for size in SIZES))
    for name, values in found.items():
        say(f"{name:36}" + "".join(f"{value:>16}" for value in values))
