"""Stopping a run, and asking again."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from evaluations.actions.cancel import cancel_run
from evaluations.actions.request import request_runs
from evaluations.actions.retry import retry_run
from evaluations.models import Run
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.factories import make_recipe, make_run

pytestmark = pytest.mark.django_db
FAILED: dict[str, Any] = {
    "state": "failed",
    "failure_code": "stalled",
    "failure_message": "No progress.",
}


def ended_run(ann: User, **fields: Any) -> Run:
    run = make_run(requested_by=ann, recipes=[make_recipe(), make_recipe()], **{**FAILED, **fields})
    run.items.update(live=False)
    return run


def test_a_waiting_run_is_cancelled_at_once(ann: User) -> None:
    run = cancel_run(actor=ann, run=make_run(requested_by=ann), why="wrong revision")
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert run.finished_at is not None
    assert not run.items.filter(live=True).exists()
    [event] = run.events.all()
    assert (event.to_state, event.actor, event.why) == ("cancelled", ann, "wrong revision")


@pytest.mark.parametrize("state", sorted(Run.HELD_STATES))
def test_of_a_run_that_a_worker_holds_the_cancel_is_only_asked(ann: User, state: str) -> None:
    run = make_run(requested_by=ann, state=state)
    cancel_run(actor=ann, run=run)
    cancel_run(actor=ann, run=run)
    run.refresh_from_db()
    assert (run.state, run.cancel_asked) == (state, True)
    assert run.events.count() == 1


@pytest.mark.parametrize("state", sorted(Run.terminal_states()))
def test_what_has_ended_stays_as_it_ended(ann: User, state: str) -> None:
    run = make_run(requested_by=ann, **{**FAILED, "state": state})
    with pytest.raises(IllegalMove):
        cancel_run(actor=ann, run=run)


def test_a_stranger_may_neither_cancel_nor_retry_but_a_maintainer_may(
    ann: User, sam: User, cleo: User
) -> None:
    waiting, failed = make_run(requested_by=ann), ended_run(ann)
    with pytest.raises(PermissionDenied):
        cancel_run(actor=sam, run=waiting)
    with pytest.raises(PermissionDenied):
        retry_run(actor=sam, run=failed)
    assert cancel_run(actor=cleo, run=waiting).state == "cancelled"
    assert retry_run(actor=cleo, run=failed).requested_by == cleo


def test_a_retry_is_a_new_run_with_the_same_recipes_and_leaves_the_old_one(ann: User) -> None:
    old = ended_run(ann)
    new = retry_run(actor=ann, run=old)
    old.refresh_from_db()
    assert (old.state, new.state, new.retry_of) == ("failed", "queued", old)
    assert set(new.recipes.all()) == set(old.recipes.all())
    assert new.attempt == 0


def test_a_second_retry_finds_the_first(ann: User) -> None:
    old = ended_run(ann)
    retry_run(actor=ann, run=old)
    with pytest.raises(Refusal) as refused:
        retry_run(actor=ann, run=old)
    assert refused.value.code == "already_requested"


def test_a_retry_leaves_out_what_somebody_measured_since(ann: User, sam: User) -> None:
    old = ended_run(ann)
    done, missing = old.recipes.all()
    request_runs(actor=sam, checkpoint=old.checkpoint, recipes=[done])
    assert list(retry_run(actor=ann, run=old).recipes.all()) == [missing]


@pytest.mark.parametrize("state", ["queued", "running", "published"])
def test_what_waits_works_or_published_cannot_be_retried(ann: User, state: str) -> None:
    with pytest.raises(IllegalMove):
        retry_run(actor=ann, run=make_run(requested_by=ann, state=state))
