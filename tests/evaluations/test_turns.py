"""Turns: nobody's flood holds up another, nobody starves, and planning reads an index."""

import itertools
import json
import random
from collections import Counter
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from evaluations.actions.request import create_run, request_for_boards, request_runs
from evaluations.actions.start import claim_next
from evaluations.forecast import PLACES
from evaluations.models import Run
from evaluations.turns import (
    CLAIMS_SEEN,
    LEAST_COST,
    UNKNOWN_COST,
    cost_of,
    group_share,
    next_turn,
    person_share,
    virtual_time,
)
from hub.models import Checkpoint, User, WorkingGroup
from tests.factories import (
    make_board,
    make_checkpoint,
    make_recipe,
    make_run,
    make_scope,
    make_user,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db

MANY = """
INSERT INTO evaluations_run (checkpoint_id, state, purpose, queue, needs, priority, share, turn,
    requested_by_id, requested_at, cancel_asked, progress, log_tail, failure_stage, failure_code,
    failure_message, failure_whose, versions, hardware, usage, timings, warnings, attempt, lease_token,
    worker, started_at, finished_at, expected_seconds)
SELECT checkpoint_id, CASE WHEN i %% 10 = 0 THEN 'queued' ELSE 'published' END, purpose, queue, needs, 0,
    'person:' || i %% 100, i, requested_by_id, now(), false, '{}', repeat('a line of its log ', 30), '',
    '', '', '', '{}', '{}', '{}', '{}', '[]', sign(i %% 10), sign(i %% 10), '',
    CASE WHEN i %% 10 > 0 THEN now() END, CASE WHEN i %% 10 > 0 THEN now() END, 60
FROM evaluations_run, generate_series(1, %(rows)s) i WHERE id = %(run)s
"""


def ask(person: User, recipe: Any, checkpoint: Checkpoint | None = None) -> Run:
    with transaction.atomic():
        return create_run(person, checkpoint or make_checkpoint(), "cpu", [recipe])


def end(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(state="published", finished_at=timezone.now())


def take() -> Run | None:
    run = claim_next(queue="cpu", worker="w")
    if run is not None:
        end(run)
    return run


def test_two_hundred_runs_of_one_do_not_hold_up_the_first_of_another(ann: User, sam: User) -> None:
    recipe, checkpoint = make_recipe(), make_checkpoint()
    flood = [ask(ann, recipe, make_checkpoint(checkpoint.variant)) for _ in range(200)]
    for _ in range(3):
        take()
    first = ask(sam, recipe)
    taken = [take() for _ in range(3)]
    assert first in taken
    assert sum(run in flood for run in taken) == 2


def test_shares_that_all_have_much_to_do_take_turns(ann: User, sam: User, ben: User) -> None:
    recipe = make_recipe()
    for person, count in ((ann, 12), (sam, 4), (ben, 4)):
        for _ in range(count):
            ask(person, recipe)
    taken = [run.requested_by.username for _ in range(12) if (run := take())]
    assert Counter(taken) == {"ann": 4, "sam": 4, "ben": 4}


def test_what_takes_long_costs_more_turns(ann: User, sam: User) -> None:
    assert cost_of(None) == UNKNOWN_COST
    assert cost_of(0.01) == LEAST_COST
    with transaction.atomic():
        long = next_turn(queue="cpu", share=person_share(ann), cost=3600.0)
        short = next_turn(queue="cpu", share=person_share(sam), cost=30.0)
    assert long - short == 3570.0


def test_what_was_cancelled_or_failed_is_not_charged(ann: User) -> None:
    for state in ("cancelled", "failed", "superseded"):
        facts: dict[str, Any] = (
            {"failure_code": "x", "failure_message": "y"} if state == "failed" else {}
        )
        make_run(state=state, share=person_share(ann), turn=5000.0, **facts)
    with transaction.atomic():
        assert next_turn(queue="cpu", share=person_share(ann), cost=1.0) == 1.0


def test_the_time_of_a_queue_is_not_carried_away_by_one_claim_far_down_it() -> None:
    now = timezone.now()
    for turn in (7.0, *range(8, 8 + CLAIMS_SEEN - 2), 90_000.0):
        make_run(state="running", started_at=now, lease_token=1, turn=turn)
    make_run(state="running", started_at=now, lease_token=1, turn=1.0, priority=5)
    make_run(state="running", started_at=now, lease_token=2, turn=2.0)
    assert virtual_time("cpu") == 7.0
    assert virtual_time("gpu") == 0.0


def test_who_comes_later_starts_where_the_queue_is_and_not_at_zero(ann: User, sam: User) -> None:
    recipe = make_recipe()
    for _ in range(30):
        ask(ann, recipe)
        take()
    newcomer = ask(sam, recipe)
    assert newcomer.turn > 10 * UNKNOWN_COST


@pytest.mark.django_db(transaction=True)
def test_requests_of_one_share_at_once_get_different_turns(ann: User) -> None:
    recipe, checkpoints = make_recipe(), [make_checkpoint() for _ in range(8)]
    at_once(8, lambda n: request_runs(actor=ann, checkpoint=checkpoints[n], recipes=[recipe]))
    turns = sorted(Run.objects.values_list("turn", flat=True))
    assert turns == [UNKNOWN_COST * n for n in range(1, 9)]


def test_a_group_has_turns_of_its_own_for_those_who_look_after_it(ann: User, sam: User) -> None:
    group = WorkingGroup.objects.get_or_create(slug="data", defaults={"name": "Data"})[0]
    make_scope(group, ann)
    recipe = make_recipe()
    [run] = request_runs(actor=ann, checkpoint=make_checkpoint(), recipes=[recipe], group=group)
    assert run.share == group_share(group)
    with pytest.raises(PermissionDenied, match="looks after"):
        request_runs(actor=sam, checkpoint=make_checkpoint(), recipes=[recipe], group=group)


def test_after_a_merge_the_author_takes_the_turn(ann: User, cleo: User) -> None:
    make_board("open", [make_recipe()], automatic=True)
    share = person_share(ann)
    [run] = request_for_boards(actor=cleo, checkpoint=make_checkpoint(), share=share)
    assert (run.requested_by, run.share) == (cleo, share)


def test_nobody_starves_however_many_come() -> None:
    """Twelve regulars with backlogs, and newcomers who arrive as fast as one worker takes runs."""
    dice = random.Random(20261123)
    recipe, variant = make_recipe(), make_checkpoint().variant
    regulars = [make_user() for _ in range(12)]
    waits: dict[int, int] = {}
    worst = 0
    for person in regulars:
        for _ in range(dice.randint(1, 6)):
            waits[ask(person, recipe, make_checkpoint(variant)).pk] = 0
    for step in itertools.count():
        if step < 60:
            asker = make_user() if step % 2 else dice.choice(regulars)
            waits[ask(asker, recipe, make_checkpoint(variant)).pk] = step
            Run.objects.filter(pk=dice.choice(list(waits)), state="queued").update(
                expected_seconds=dice.choice([1.0, 60.0, 600.0])
            )
        run = take()
        if run is None:
            break
        worst = max(worst, step - waits.pop(run.pk))
    assert not waits
    # As many turns as there are shares, for each run that the share had before it.
    assert worst < 12 * 12


def fill(count: int) -> None:
    """`count` runs that wait among nine times as many that have ended, of a hundred shares."""
    run = make_run()
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"rows": 10 * count, "run": run.pk})
        cursor.execute("ANALYZE evaluations_run")


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for each in plan.get("Plans", ()) for node in nodes(each))]


def explain(sql: str, params: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql, params)
        [[told]] = cursor.fetchall()
    return nodes((json.loads(told) if isinstance(told, str) else told)[0]["Plan"])


def test_with_10_000_waiting_runs_turns_places_and_the_next_come_from_indexes() -> None:
    fill(10_000)
    with transaction.atomic():
        due = Run.objects.due().filter(queue="cpu", needs__contained_by=["hf"])
        first = due.select_for_update(skip_locked=True, of=("self",))[:1]
        claim = explain(*first.query.sql_with_params())
    facts = {"ids": [1], "queues": ["cpu"], "seconds": [None]}
    # A bitmap of the index is as good where all that waits is read.
    for plan in (claim, explain(PLACES, facts)):
        assert "Seq Scan" not in {node["Node Type"] for node in plan}
        assert {node["Index Name"] for node in plan if "Index Name" in node} == {"run_waiting"}
    assert not [node for node in claim if "Sort" in node["Node Type"]]
    share = Run.objects.filter(queue="cpu", share="person:7").exclude(state="failed")
    claimed = Run.objects.filter(queue="cpu", lease_token=1, priority=0, started_at__isnull=False)
    for rows, index in (
        (share.order_by("-turn").values("turn")[:1], "run_shares"),
        (claimed.order_by("-started_at").values("turn")[:CLAIMS_SEEN], "run_first_claims"),
    ):
        plan = explain(*rows.query.sql_with_params())
        assert [node["Index Name"] for node in plan if "Index Name" in node] == [index]
