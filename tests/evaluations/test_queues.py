"""A run goes to where its model fits."""

from typing import Any

import pytest
from pytest_django import Settings

from evaluations.actions.request import request_runs
from evaluations.queues import queue_for, weight_bytes
from hub.models import Checkpoint, User
from tests.factories import make_checkpoint, make_recipe

pytestmark = pytest.mark.django_db
BILLION = 10**9


@pytest.fixture(autouse=True)
def classes(settings: Settings) -> None:
    settings.MEMORY_CLASSES = {"gpu-huge": 70 * BILLION, "gpu-large": 20 * BILLION}


def model(parameters: int | None, size: int) -> Checkpoint:
    return make_checkpoint(parameters=parameters, size=size)


@pytest.mark.parametrize(
    ("parameters", "queue"),
    [
        (7 * BILLION, "gpu"),
        (10 * BILLION, "gpu"),
        (32 * BILLION, "gpu-large"),
        (70 * BILLION, "gpu-huge"),
    ],
)
def test_a_larger_model_goes_to_a_larger_machine(parameters: int, queue: str) -> None:
    recipe = make_recipe(queue="gpu", dtype="bfloat16")
    assert queue_for(recipe, model(parameters, 1)) == queue


def test_the_classes_of_one_sort_of_machine_do_not_touch_another() -> None:
    assert queue_for(make_recipe(queue="cpu"), model(70 * BILLION, 1)) == "cpu"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"dtype": "float32"}, 40),
        ({"dtype": "bfloat16"}, 20),
        ({"dtype": "auto"}, 25),
        ({"dtype": "bfloat16", "backend_args": {"load_in_4bit": True}}, 25),
        ({"backend": "gguf"}, 25),
        ({"backend": "endpoint"}, 0),
    ],
)
def test_weights_count_as_the_recipe_loads_them(fields: dict[str, Any], expected: int) -> None:
    assert weight_bytes(make_recipe(**fields), model(10, 25)) == expected


def test_an_adapter_weighs_as_much_as_it_does_with_its_base() -> None:
    adapter = make_checkpoint(parameters=1, size=4, base=model(10, 25))
    assert weight_bytes(make_recipe(dtype="bfloat16"), adapter) == 22


def test_without_a_count_of_parameters_the_files_decide() -> None:
    assert weight_bytes(make_recipe(), model(None, 25)) == 25


def test_one_request_makes_a_run_for_each_sort_of_machine(ann: User) -> None:
    recipes = [make_recipe(queue="gpu", dtype="bfloat16"), make_recipe(), make_recipe()]
    runs = request_runs(actor=ann, checkpoint=model(32 * BILLION, 64 * BILLION), recipes=recipes)
    found = {(run.queue, run.items.count()) for run in runs}
    assert {("cpu", 2), ("gpu-large", 1)} <= found
