"""What a waiting run waits for, where it stands, who comes first, and when it will start."""

from datetime import timedelta

import pytest
from django.utils import timezone

from evaluations.actions.start import claim_next
from evaluations.forecast import Line, Place, lines
from evaluations.models import Run, Worker
from evaluations.turns import group_share, person_share
from evaluations.waiting import wait_of
from hub.models import User, WorkingGroup
from tests.factories import make_run

pytestmark = pytest.mark.django_db


def worker(name: str = "w", **fields: object) -> Worker:
    return Worker.objects.create(name=name, host="here", **{"queues": ["cpu"], **fields})


def reason(run: Run) -> str:
    found = wait_of(run)
    assert found is not None
    return found.reason


def test_the_position_is_the_order_in_which_workers_take_runs() -> None:
    third, second = make_run(turn=5.0), make_run(turn=3.0)
    hasty = make_run(priority=9, turn=99.0)
    make_run(queue="gpu")
    told = [wait_of(run) for run in (hasty, second, third)]
    assert [wait and wait.position for wait in told] == [1, 2, 3]
    assert [claim_next(queue="cpu", worker="w") for _ in range(3)] == [hasty, second, third]


def test_a_run_that_a_worker_holds_waits_for_nothing() -> None:
    assert wait_of(make_run(state="running")) is None


def test_what_is_held_back_has_no_place_and_takes_none() -> None:
    trial = make_run(turn=2.0)
    held = make_run(turn=1.0, after=trial)
    paused = make_run(turn=1.0, not_before=timezone.now() + timedelta(hours=1))
    assert [reason(held), reason(paused)] == ["trial", "pause"]
    told = [wait_of(run) for run in (held, paused, trial)]
    assert [wait and wait.position for wait in told] == [None, None, 1]
    assert told[0] is not None
    assert told[0].after == trial.pk


def test_it_says_when_nobody_serves_the_queue_or_nobody_there_can_do_it() -> None:
    plain, special = make_run(), make_run(needs=["gguf"])
    assert reason(plain) == "no_worker"
    there = worker(draining=True)
    assert reason(plain) == "draining"
    Worker.objects.filter(pk=there.pk).update(draining=False)
    assert reason(plain) == "turn"
    found = wait_of(special)
    assert found is not None
    assert (found.reason, found.lacks) == ("unfit", ("gguf",))
    worker("other", backends=["gguf"])
    assert reason(special) == "turn"


def test_a_worker_that_has_been_silent_for_a_lease_is_not_there() -> None:
    run = make_run()
    silent = worker()
    Worker.objects.filter(pk=silent.pk).update(seen_at=timezone.now() - timedelta(hours=1))
    assert reason(run) == "no_worker"


def test_one_worker_starts_a_run_when_it_has_done_all_that_comes_first() -> None:
    worker()
    make_run(state="running", started_at=timezone.now(), expected_seconds=100.0)
    make_run(turn=1.0, expected_seconds=30.0)
    last = wait_of(make_run(turn=2.0, expected_seconds=7.0))
    assert last is not None
    assert last.expected_start is not None
    soon = (last.expected_start - timezone.now()).total_seconds()
    assert 125 < soon <= 130
    assert last.expected_seconds == 7.0


@pytest.mark.parametrize(
    ("slots", "remaining", "place", "seconds"),
    [
        (2, [], Place(1, 0.0), 0.0),
        (2, [], Place(2, 600.0), 0.0),  # an idle worker takes it, however long the first is
        (2, [50.0], Place(1, 0.0), 0.0),
        (2, [50.0], Place(2, 600.0), 50.0),
        (2, [50.0], Place(3, 650.0), 350.0),
        (2, [10.0, 90.0], Place(1, 0.0), 10.0),
        (2, [10.0, 90.0], Place(2, 30.0), 40.0),
        (0, [20.0], Place(1, 0.0), 20.0),  # its worker did not announce itself
        (0, [], Place(1, 0.0), None),
    ],
)
def test_work_flows_to_whoever_is_free_first(
    slots: int, remaining: list[float], place: Place, seconds: float | None
) -> None:
    assert Line(queue="cpu", slots=slots, remaining=remaining).starts_in(place) == seconds


def test_nothing_is_promised_where_nobody_knows_how_long_what_comes_first_takes() -> None:
    worker()
    first, second = make_run(turn=1.0), make_run(turn=2.0)
    told = [wait_of(run) for run in (first, second)]
    assert [wait is not None and wait.expected_start is None for wait in told] == [False, True]


def test_a_run_of_unknown_length_counts_as_the_typical_one_of_its_queue() -> None:
    worker()
    now = timezone.now()
    past = make_run(state="published", lease_token=1)
    Run.objects.filter(pk=past.pk).update(started_at=now - timedelta(seconds=40), finished_at=now)
    make_run(turn=1.0)
    assert lines()["cpu"].typical == pytest.approx(40)
    assert lines()["cpu"].wait == pytest.approx(40)


def test_those_ahead_are_named_by_share(ann: User, sam: User) -> None:
    data = WorkingGroup.objects.get_or_create(slug="data", defaults={"name": "Data"})[0]
    for turn in (1.0, 2.0, 3.0):
        make_run(share=person_share(sam), turn=turn)
    make_run(share=group_share(data), turn=1.5)
    found = wait_of(make_run(share=person_share(ann), turn=4.0))
    assert found is not None
    named = [(each.holder and each.holder.name, each.count) for each in found.ahead]
    assert named == [("sam", 3), (f"{data.name} (group)", 1)]
