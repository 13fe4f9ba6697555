"""What is expensive runs after something cheap of the same bytes, and ends with it where that fails."""

from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from evaluations.actions.cancel import cancel_run
from evaluations.actions.fail import Failure, fail_run
from evaluations.actions.move import move_run
from evaluations.actions.request import request_runs
from evaluations.actions.start import claim_next
from evaluations.actions.sweep import sweep
from evaluations.models import Pace, Recipe, Run
from evaluations.trials import SAMPLES, TOKENS
from hub.models import Checkpoint, User
from hub.queue import depth
from tests.factories import make_checkpoint, make_recipe, make_run

pytestmark = pytest.mark.django_db

LONG = 7200.0
WRONG = Failure(code="not_finite", message="Its weights hold NaN.", whose="submitter")


def paced(seconds: float, **fields: Any) -> Recipe:
    recipe = make_recipe(**fields)
    Pace.objects.create(recipe=recipe, hardware="cpu", size_class=18, n=1, seconds=seconds)
    return recipe


@pytest.fixture
def checkpoint(db: None) -> Checkpoint:
    return make_checkpoint()


@pytest.fixture
def pair(ann: User, checkpoint: Checkpoint) -> tuple[Run, Run]:
    """(the trial, the expensive run that waits for it)"""
    long, trial = request_runs(actor=ann, checkpoint=checkpoint, recipes=[paced(LONG)])
    return trial, long


def finish(run: Run) -> None:
    taken = claim_next(queue=run.queue, worker="w")
    assert taken == run
    for state in ("preparing", "running", "scoring", "published"):
        move_run(taken, state)


def test_what_takes_hours_waits_for_a_few_samples_with_short_answers(
    ann: User, checkpoint: Checkpoint
) -> None:
    recipe = paced(LONG, generation={"max_gen_toks": 32768, "temperature": 0.6})
    dear = paced(2 * LONG)
    long, trial = request_runs(actor=ann, checkpoint=checkpoint, recipes=[dear, recipe])
    assert long.after == trial
    assert long.expected_seconds == 3 * LONG
    [tried] = trial.recipes.all()
    assert (tried.limit, tried.benchmark_version) == (SAMPLES, recipe.benchmark_version)
    assert tried.generation == {"max_gen_toks": TOKENS, "temperature": 0.6}
    assert tried.digest == tried.compute_digest() != recipe.digest
    assert not tried.boards.exists()
    assert claim_next(queue="cpu", worker="w") == trial
    assert claim_next(queue="cpu", worker="w") is None


def test_nothing_waits_where_it_is_short_or_nobody_knows_and_it_is_small(ann: User) -> None:
    for recipe in (paced(20.0), make_recipe()):
        [run] = request_runs(actor=ann, checkpoint=make_checkpoint(), recipes=[recipe])
        assert run.after is None


def test_something_large_is_taken_for_expensive_until_it_is_timed(ann: User) -> None:
    large = make_checkpoint(size=10 * 1024**3)
    long, trial = request_runs(actor=ann, checkpoint=large, recipes=[make_recipe()])
    assert long.after == trial


def test_the_cheap_run_of_the_same_request_serves_as_the_trial(
    ann: User, checkpoint: Checkpoint
) -> None:
    cheap, dear = paced(10.0), paced(LONG, queue="gpu")
    first, long = request_runs(actor=ann, checkpoint=checkpoint, recipes=[cheap, dear])
    assert (first.queue, long.queue, long.after) == ("cpu", "gpu", first)


def test_a_trial_that_is_under_way_serves_the_next_request_too(
    ann: User, sam: User, checkpoint: Checkpoint, pair: tuple[Run, Run]
) -> None:
    [other] = request_runs(actor=sam, checkpoint=checkpoint, recipes=[paced(LONG)])
    assert other.after == pair[0]


def test_bytes_that_were_measured_before_need_no_trial(ann: User, checkpoint: Checkpoint) -> None:
    make_run(checkpoint, state="published")
    [run] = request_runs(actor=ann, checkpoint=checkpoint, recipes=[paced(LONG)])
    assert run.after is None


def test_when_the_trial_is_published_the_rest_is_announced(
    pair: tuple[Run, Run], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    trial, long = pair
    finish(trial)  # as a worker that dies after its commit would leave it
    before = depth("cpu") or 0
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep().followed == 1
    long.refresh_from_db()
    assert (long.state, long.after) == ("queued", None)
    assert (depth("cpu") or 0) > before
    assert sweep().followed == 0


def test_when_the_trial_fails_the_rest_fails_with_whose_turn_it_is(pair: tuple[Run, Run]) -> None:
    trial, long = pair
    taken = claim_next(queue="cpu", worker="w")
    assert taken == trial
    fail_run(taken, WRONG)
    long.refresh_from_db()
    assert (long.state, long.failure_code, long.failure_whose) == (
        "failed", "trial_failed", "submitter",
    )  # fmt: skip
    assert "NaN" in long.failure_message
    assert str(trial.pk) in long.failure_message
    assert not long.items.filter(live=True).exists()


def test_a_trial_that_is_tried_again_keeps_the_rest_waiting(pair: tuple[Run, Run]) -> None:
    trial, long = pair
    taken = claim_next(queue="cpu", worker="w")
    assert taken == trial
    fail_run(taken, Failure(code="out_of_memory", message="m", whose="hub", retryable=True))
    long.refresh_from_db()
    assert (long.state, long.after) == ("queued", trial)


def test_when_the_trial_is_cancelled_the_rest_is_too(ann: User, pair: tuple[Run, Run]) -> None:
    trial, long = pair
    cancel_run(actor=ann, run=trial)
    long.refresh_from_db()
    assert long.state == "cancelled"
    assert str(trial.pk) in long.events.latest("pk").why
