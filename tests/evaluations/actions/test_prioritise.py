"""Sooner or later than its turn, within one's rights."""

import pytest
from django.core.exceptions import PermissionDenied

from evaluations.actions.prioritise import prioritise_run
from evaluations.actions.start import claim_next
from evaluations.models import Run
from evaluations.runs import stages_of
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.factories import make_run

pytestmark = pytest.mark.django_db


def test_who_asked_for_a_run_may_let_others_go_first_and_think_again(ann: User) -> None:
    mine, theirs = make_run(requested_by=ann), make_run()
    prioritise_run(actor=ann, run=mine, priority=-10, why="no hurry")
    assert claim_next(queue="cpu", worker="w") == theirs
    event = mine.events.latest("pk")
    assert (event.actor, event.why) == (ann, "priority 0 → -10. no hurry")
    assert (event.from_state, event.to_state, event.worker) == ("queued", "queued", "")
    assert prioritise_run(actor=ann, run=mine, priority=0).priority == 0


@pytest.mark.parametrize("priority", [1, 100, -11])
def test_nobody_puts_their_own_run_before_others(ann: User, priority: int) -> None:
    run = make_run(requested_by=ann)
    with pytest.raises(Refusal) as refused:
        prioritise_run(actor=ann, run=run, priority=priority)
    assert refused.value.code == "out_of_range"
    assert Run.objects.get().priority == 0


def test_a_maintainer_may_put_it_anywhere_within_bounds(cleo: User) -> None:
    first, run = make_run(), make_run()
    prioritise_run(actor=cleo, run=run, priority=100)
    assert claim_next(queue="cpu", worker="w") == run
    with pytest.raises(Refusal):
        prioritise_run(actor=cleo, run=first, priority=101)


def test_a_stranger_may_not(sam: User) -> None:
    with pytest.raises(PermissionDenied):
        prioritise_run(actor=sam, run=make_run(), priority=-1)


@pytest.mark.parametrize("state", sorted(set(Run.MOVES) - {"queued"}))
def test_what_does_not_wait_has_no_place_to_change(cleo: User, state: str) -> None:
    run = make_run(state=state, failure_code="x", failure_message="y")
    with pytest.raises(IllegalMove):
        prioritise_run(actor=cleo, run=run, priority=5)


def test_the_same_again_leaves_no_event_and_a_change_no_new_stage(ann: User) -> None:
    run = make_run(requested_by=ann)
    prioritise_run(actor=ann, run=run, priority=0)
    assert not run.events.exists()
    prioritise_run(actor=ann, run=run, priority=-1)
    assert stages_of(run)[0].reached_at == run.requested_at
