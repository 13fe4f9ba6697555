"""How long things will take, from how long they took."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evaluations.actions.request import request_runs
from evaluations.actions.sweep import sweep
from evaluations.durations import expected_by_recipe, expected_seconds, hardware_name, size_class
from evaluations.models import Pace, Recipe, Run
from evaluations.progress import progress_of, seconds_left
from hub.models import Checkpoint, User
from tests.factories import make_checkpoint, make_recipe, make_run
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

BILLION = 10**9


def pace(recipe: Recipe, parameters: int | None, *seconds: float, hardware: str = "A100") -> None:
    Pace.objects.create(
        recipe=recipe,
        hardware=hardware,
        size_class=size_class(parameters),
        n=len(seconds),
        seconds=sum(seconds),
    )


def of(parameters: int | None) -> Checkpoint:
    return make_checkpoint(parameters=parameters)


def test_models_of_a_size_differ_by_less_than_twofold() -> None:
    assert [size_class(n) for n in (None, 1, 2, 1023, 1024, 7 * BILLION)] == [-1, 0, 1, 9, 10, 32]


def test_hardware_is_named_by_its_gpu_or_its_cpu() -> None:
    assert hardware_name({"cpu": "EPYC", "gpus": ["A100", "A100"]}) == "A100"
    assert hardware_name({"cpu": "EPYC", "gpus": []}) == "EPYC"
    assert hardware_name({}) == ""


def test_what_models_of_the_same_size_took_says_most() -> None:
    recipe = make_recipe()
    pace(recipe, 7 * BILLION, 100.0, 140.0)
    pace(recipe, 30 * BILLION, 900.0)
    assert expected_seconds(recipe, of(7 * BILLION)) == 120.0


def test_another_size_stands_in_in_proportion() -> None:
    recipe = make_recipe()
    pace(recipe, 8 * BILLION, 100.0)
    pace(recipe, 512 * BILLION, 9000.0)
    assert expected_seconds(recipe, of(16 * BILLION)) == 200.0
    assert expected_seconds(recipe, of(4 * BILLION)) == 50.0


def test_whoever_has_no_size_takes_what_the_recipe_took() -> None:
    recipe = make_recipe()
    pace(recipe, 8 * BILLION, 100.0)
    pace(recipe, 64 * BILLION, 500.0, 600.0)
    assert expected_seconds(recipe, of(None)) == 400.0
    assert expected_seconds(make_recipe(), of(8 * BILLION)) is None


def test_one_sort_of_machine_is_asked_for_where_it_has_a_history() -> None:
    recipe = make_recipe()
    pace(recipe, 8 * BILLION, 100.0)
    pace(recipe, 8 * BILLION, 20.0, hardware="H100")
    checkpoint = of(8 * BILLION)
    assert expected_seconds(recipe, checkpoint, "H100") == 20.0
    assert expected_seconds(recipe, checkpoint, "TPU") == 60.0


def test_all_recipes_of_a_run_are_one_query() -> None:
    recipes = [make_recipe() for _ in range(5)]
    checkpoint = of(BILLION)
    assert count_queries(lambda: expected_by_recipe(recipes, checkpoint)) == 1


def test_a_run_takes_its_recipes_and_what_runs_of_its_queue_took_beside_theirs(ann: User) -> None:
    now = timezone.now()
    past = make_run(state="published", lease_token=1)
    Run.objects.filter(pk=past.pk).update(started_at=now - timedelta(seconds=50), finished_at=now)
    past.items.update(seconds=38.0)
    recipes = [make_recipe(), make_recipe()]
    for recipe in recipes:
        pace(recipe, BILLION, 100.0)
    [run] = request_runs(actor=ann, checkpoint=of(BILLION), recipes=recipes)
    assert run.expected_seconds == pytest.approx(212.0)


def test_runs_that_nobody_could_time_are_told_once_their_recipes_have_run(ann: User) -> None:
    known, never = make_recipe(), make_recipe()
    [first] = request_runs(actor=ann, checkpoint=of(BILLION), recipes=[known])
    [both] = request_runs(actor=ann, checkpoint=of(BILLION), recipes=[known, never])
    pace(known, BILLION, 30.0)
    assert sweep().told == 1
    first.refresh_from_db()
    both.refresh_from_db()
    assert (first.expected_seconds, both.expected_seconds) == (30.0, None)


def at_work(done: int, total: int, *, ago: float, expected: float | None, **more: Any) -> Run:
    return make_run(
        state="running",
        started_at=timezone.now() - timedelta(seconds=ago),
        expected_seconds=expected,
        progress={"stage": "run", "phase": "requests", "done": done, "total": total, **more},
    )


@pytest.mark.parametrize(
    ("run", "left"),
    [
        ({"done": 0, "total": 0, "ago": 40, "expected": 100.0}, 60),  # history
        ({"done": 50, "total": 100, "ago": 40, "expected": 500.0}, 40),  # its own pace
        ({"done": 1, "total": 100, "ago": 40, "expected": 500.0}, 460),  # too early to tell
        ({"done": 0, "total": 100, "ago": 90, "expected": 50.0}, 0),
        ({"done": 50, "total": 100, "ago": 50, "expected": 9.0, "tasks_done": 2, "tasks": 5}, 50),
    ],
)
def test_a_run_tells_how_long_it_still_takes(run: dict[str, Any], left: float) -> None:
    assert seconds_left(at_work(**run)) == pytest.approx(left, abs=2)


def test_nobody_knows_is_said_as_such_and_an_ended_run_has_no_progress() -> None:
    run = at_work(0, 100, ago=5, expected=None)
    told = progress_of(run)
    assert told is not None
    assert (told.seconds_left, told.fraction) == (None, 0.0)
    assert progress_of(make_run(state="published")) is None
