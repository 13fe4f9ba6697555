"""Whatever a variant was made from is measured too, without costing anybody a turn."""

import pytest

from evaluations.actions.request import refuse_a_flood, request_for_boards
from evaluations.actions.request_baseline import PRIORITY, request_baseline
from evaluations.models import Recipe, Run
from evaluations.permissions import MOST_WAITING
from evaluations.turns import HUB_SHARE, person_share
from hub.models import Checkpoint, LineageEdge, ModelVariant, User
from tests.evaluations.worlds import answered, descends
from tests.factories import make_board, make_checkpoint, make_recipe, make_run, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def recipe() -> Recipe:
    recipe = make_recipe()
    make_board("open", [recipe], automatic=True)
    return recipe


@pytest.fixture
def child(recipe: Recipe) -> Checkpoint:
    """A merged variant whose parent is in the catalogue and was never measured."""
    parent = make_checkpoint(make_variant("headwaters/brook"))
    child = make_checkpoint(make_variant("delta/mouth"))
    descends(child.variant, parent.variant)
    return child


def parent_of(child: Checkpoint) -> Checkpoint:
    return Checkpoint.objects.get(variant__name="brook")


def test_the_parent_is_measured_last_and_at_nobodys_expense(
    child: Checkpoint, recipe: Recipe, ann: User
) -> None:
    [own] = request_for_boards(actor=ann, checkpoint=child)
    [run] = request_baseline(actor=ann, checkpoint=child)
    run.refresh_from_db()
    assert run.checkpoint == parent_of(child)
    assert list(run.recipes.all()) == [recipe]
    assert (run.priority, run.share) == (PRIORITY, HUB_SHARE)
    assert own.share == person_share(ann)
    assert list(Run.objects.waiting_in_order()) == [own, run]


def test_what_the_hub_asks_for_takes_no_place_among_a_persons_waiting_runs(
    child: Checkpoint, ann: User
) -> None:
    for _ in range(MOST_WAITING):
        make_run(requested_by=ann)
    assert request_baseline(actor=ann, checkpoint=child)
    refuse_a_flood(ann)


def test_a_parent_that_is_measured_or_on_its_way_is_not_measured_again(
    child: Checkpoint, recipe: Recipe, ann: User
) -> None:
    assert request_baseline(actor=ann, checkpoint=child)
    assert request_baseline(actor=ann, checkpoint=child) == []
    other = make_checkpoint(make_variant("delta/bank"))
    measured = make_checkpoint(make_variant("headwaters/spring"))
    descends(other.variant, measured.variant)
    answered(measured, recipe, [1.0, 0.0])
    assert request_baseline(actor=ann, checkpoint=other) == []


def test_a_parent_that_failed_is_not_tried_again_with_every_child(
    child: Checkpoint, recipe: Recipe, ann: User
) -> None:
    [run] = request_baseline(actor=ann, checkpoint=child)
    run.items.update(live=False)
    Run.objects.filter(pk=run.pk).update(state="failed", failure_code="x", failure_message="x")
    assert request_baseline(actor=ann, checkpoint=child) == []


def test_a_parent_that_is_not_here_or_has_left_is_let_be(child: Checkpoint, ann: User) -> None:
    ModelVariant.objects.filter(name="brook").update(state="retired")
    assert request_baseline(actor=ann, checkpoint=child) == []
    LineageEdge.objects.all().delete()
    assert request_baseline(actor=ann, checkpoint=child) == []
