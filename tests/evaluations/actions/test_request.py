"""Asking for runs: one per queue, nothing twice, nobody floods."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from pytest_django import DjangoCaptureOnCommitCallbacks

from evaluations.actions.cancel import cancel_run
from evaluations.actions.request import request_for_boards, request_runs
from evaluations.models import Board, Run, RunItem
from evaluations.permissions import MOST_WAITING
from hub.models import User
from hub.queue import depth
from hub.refusal import Refusal
from tests.factories import make_board, make_checkpoint, make_manifest, make_recipe, make_run
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def test_recipes_of_two_queues_become_two_runs(ann: User) -> None:
    small, other, large = make_recipe(), make_recipe(), make_recipe(queue="gpu")
    checkpoint = make_checkpoint()
    runs = request_runs(actor=ann, checkpoint=checkpoint, recipes=[large, other, small])
    assert [run.queue for run in runs] == ["cpu", "gpu"]
    assert set(runs[0].recipes.all()) == {small, other}
    assert {item.checkpoint_digest for item in RunItem.objects.all()} == {checkpoint.digest}


def test_a_request_leaves_an_event_that_names_the_person(ann: User) -> None:
    [run] = request_runs(actor=ann, checkpoint=make_checkpoint(), recipes=[make_recipe()])
    [event] = run.events.all()
    assert (event.from_state, event.to_state, event.actor) == ("", "queued", ann)


def test_a_request_nudges_its_queue_after_the_commit(
    ann: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    recipe = make_recipe(queue="nudge-test")
    with django_capture_on_commit_callbacks(execute=True):
        request_runs(actor=ann, checkpoint=make_checkpoint(), recipes=[recipe])
        assert depth("nudge-test") == 0
    assert depth("nudge-test") == 1


@pytest.mark.parametrize("state", ["queued", "running", "published"])
def test_what_is_measured_or_being_measured_is_not_asked_for_again(ann: User, state: str) -> None:
    recipe, fresh, checkpoint = make_recipe(), make_recipe(), make_checkpoint()
    make_run(checkpoint, [recipe], state=state)
    [run] = request_runs(actor=ann, checkpoint=checkpoint, recipes=[recipe, fresh])
    assert list(run.recipes.all()) == [fresh]


def test_the_same_bytes_under_another_name_are_the_same_request(ann: User) -> None:
    recipe = make_recipe()
    one, copy = (make_checkpoint(manifest=make_manifest("same")) for _ in range(2))
    assert request_runs(actor=ann, checkpoint=one, recipes=[recipe])
    assert request_runs(actor=ann, checkpoint=copy, recipes=[recipe]) == []


def test_when_everything_is_scored_the_boards_are_ranked_anew(ann: User) -> None:
    recipe, checkpoint = make_recipe(), make_checkpoint()
    board, other = make_board(recipes=[recipe]), make_board()
    make_run(checkpoint, [recipe], state="published")
    request_runs(actor=ann, checkpoint=checkpoint, recipes=[recipe])
    assert Board.objects.get(pk=board.pk).stale_since is not None
    assert Board.objects.get(pk=other.pk).stale_since is None


def test_what_a_cancelled_run_did_not_measure_may_be_asked_for_again(ann: User) -> None:
    recipe, checkpoint = make_recipe(), make_checkpoint()
    [first] = request_runs(actor=ann, checkpoint=checkpoint, recipes=[recipe])
    cancel_run(actor=ann, run=first)
    assert len(request_runs(actor=ann, checkpoint=checkpoint, recipes=[recipe])) == 1


def test_a_visitor_may_not_request() -> None:
    with pytest.raises(PermissionDenied):
        request_runs(actor=AnonymousUser(), checkpoint=make_checkpoint(), recipes=[])  # type: ignore[arg-type]


def test_merging_queues_the_current_boards_that_take_everybody(ann: User) -> None:
    wanted = make_recipe()
    make_board("open", [wanted], automatic=True)
    make_board("open", [make_recipe()], version=2, current=False, automatic=True)
    make_board("closed", [make_recipe()])
    [run] = request_for_boards(actor=ann, checkpoint=make_checkpoint())
    assert list(run.recipes.all()) == [wanted]


def test_a_member_may_have_only_so_many_runs_waiting_but_merging_is_not_counted(ann: User) -> None:
    recipe = make_recipe()
    make_board("open", [make_recipe()], automatic=True)
    for _ in range(MOST_WAITING):
        make_run(requested_by=ann)
    with pytest.raises(Refusal) as refused:
        request_runs(actor=ann, checkpoint=make_checkpoint(), recipes=[recipe])
    assert refused.value.code == "too_many_waiting"
    assert len(request_for_boards(actor=ann, checkpoint=make_checkpoint())) == 1


def test_a_maintainer_has_no_such_limit(cleo: User) -> None:
    for _ in range(MOST_WAITING):
        make_run(requested_by=cleo)
    assert request_runs(actor=cleo, checkpoint=make_checkpoint(), recipes=[make_recipe()])


@pytest.mark.django_db(transaction=True)
def test_ten_requests_for_the_same_at_once_make_one_run(ann: User, sam: User) -> None:
    recipes, checkpoint = [make_recipe(), make_recipe()], make_checkpoint()
    made = at_once(
        10,
        lambda number: request_runs(
            actor=(ann, sam)[number % 2],
            checkpoint=checkpoint,
            recipes=recipes[:: 1 - 2 * (number % 2)],
        ),
    )
    assert sum(len(runs) for runs in made) == 1
    assert Run.objects.count() == 1
    assert RunItem.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_twenty_requests_at_once_against_room_for_five_make_exactly_five(ann: User) -> None:
    for _ in range(MOST_WAITING - 5):
        make_run(requested_by=ann)
    recipe, checkpoints = make_recipe(), [make_checkpoint() for _ in range(20)]

    def request(number: int) -> bool:
        try:
            return bool(request_runs(actor=ann, checkpoint=checkpoints[number], recipes=[recipe]))
        except Refusal:
            return False

    assert sum(at_once(20, request)) == 5
