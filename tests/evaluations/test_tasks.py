"""Tasks by the names that messages carry: thin, and safe to run twice."""

import pytest

from evaluations import tasks
from evaluations.actions.release import release_runs
from evaluations.models import Board, Run, Score
from hub.celery import app, release_hooks, worker_name
from tests.factories import make_board, make_run
from tests.running import fast_recipe, stored_checkpoint

NAMES = ("work", "sweep", "rank", "outdated")


@pytest.mark.parametrize("name", NAMES)
def test_every_task_is_known_to_celery_by_its_name(name: str) -> None:
    assert app.tasks[f"evaluations.{name}"].name == f"evaluations.{name}"


def test_a_worker_that_stops_hands_back_its_runs() -> None:
    assert release_runs in release_hooks
    assert "/" in worker_name()


@pytest.mark.django_db(transaction=True)
def test_a_repeated_message_measures_nothing_twice() -> None:
    make_run(stored_checkpoint("one"), [fast_recipe()])
    for _ in range(3):
        tasks.work("cpu")
    assert Run.objects.get().state == "published"
    assert Score.objects.count() == 1


@pytest.mark.django_db
def test_a_score_leads_to_a_ranked_board() -> None:
    run = make_run(stored_checkpoint("one"), [fast_recipe()])
    board = make_board(recipes=list(run.recipes.all()))
    tasks.rank(board.pk)
    tasks.rank(board.pk)
    tasks.rank(10**9)
    assert Board.objects.get().ranked_at is not None


@pytest.mark.django_db
def test_sweeping_an_empty_place_does_nothing() -> None:
    tasks.sweep()
    tasks.outdated()
