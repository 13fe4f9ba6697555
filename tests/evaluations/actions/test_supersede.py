"""A waiting run that nobody needs any more ends before a machine works for it."""

import pytest

from evaluations.actions.fail import LEASE_LOST, fail_run
from evaluations.actions.next_board import next_board
from evaluations.actions.release import release_runs
from evaluations.actions.request import request_runs
from evaluations.actions.retry import retry_run
from evaluations.actions.start import claim_next
from evaluations.models import Recipe, Run
from evaluations.models.run import Purpose
from evaluations.runs import stages_of
from hub.models import Checkpoint, LineageEdge, ModelVariant, User
from tests.factories import make_board, make_checkpoint, make_recipe, make_run, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant() -> ModelVariant:
    return make_variant()


@pytest.fixture
def recipe() -> Recipe:
    return make_recipe()


def ask(ann: User, checkpoint: Checkpoint, *recipes: Recipe) -> Run:
    [run] = request_runs(actor=ann, checkpoint=checkpoint, recipes=recipes)
    return run


def state_of(run: Run) -> str:
    run.refresh_from_db()
    return run.state


def test_a_newer_commits_run_takes_the_place_of_the_older_one(
    ann: User, variant: ModelVariant, recipe: Recipe
) -> None:
    older = ask(ann, make_checkpoint(variant), recipe)
    newer = ask(ann, make_checkpoint(variant), recipe)
    assert state_of(older) == "superseded"
    assert older.superseded_by == newer
    assert older.finished_at is not None
    assert not older.items.filter(live=True).exists()
    event = older.events.latest("pk")
    commit = newer.checkpoint.commit[:12]
    assert (event.from_state, event.to_state) == ("queued", "superseded")
    assert event.why == f"run {newer.pk} measures the newer commit {commit}"
    assert [stage.status for stage in stages_of(older)] == ["superseded", *["ahead"] * 5]


def test_what_the_newer_run_does_not_measure_is_still_measured_of_the_older(
    ann: User, variant: ModelVariant, recipe: Recipe
) -> None:
    older = ask(ann, make_checkpoint(variant), recipe, make_recipe())
    ask(ann, make_checkpoint(variant), recipe)
    assert state_of(older) == "queued"


def test_an_older_commit_that_was_asked_for_afterwards_is_meant(
    ann: User, variant: ModelVariant, recipe: Recipe
) -> None:
    old, new = make_checkpoint(variant), make_checkpoint(variant)
    ask(ann, new, recipe)
    meant = ask(ann, old, recipe)
    ask(ann, new, make_recipe())
    assert state_of(meant) == "queued"


def test_the_commit_that_a_child_names_as_its_parent_is_measured(
    ann: User, variant: ModelVariant, recipe: Recipe
) -> None:
    old = make_checkpoint(variant)
    LineageEdge.objects.create(
        child=make_variant(),
        parent=variant,
        parent_name=variant.full_name,
        relation="finetune",
        parent_commit=old.commit,
    )
    pinned = ask(ann, old, recipe)
    ask(ann, make_checkpoint(variant), recipe)
    assert state_of(pinned) == "queued"


def test_a_replication_and_a_run_of_another_variant_go_on(
    ann: User, variant: ModelVariant, recipe: Recipe
) -> None:
    again = make_run(make_checkpoint(variant), [recipe], purpose=Purpose.REPLICATE)
    other = ask(ann, make_checkpoint(), recipe)
    ask(ann, make_checkpoint(variant), recipe)
    assert (state_of(again), state_of(other)) == ("queued", "queued")


def test_a_run_that_is_worked_on_is_let_alone_until_it_would_wait_again(
    ann: User, variant: ModelVariant, recipe: Recipe
) -> None:
    older = ask(ann, make_checkpoint(variant), recipe)
    held = claim_next(queue="cpu", worker="w")
    assert held == older
    newer = ask(ann, make_checkpoint(variant), recipe)
    assert state_of(older) == "fetching"
    assert fail_run(held, LEASE_LOST, wait=False) == "superseded"
    assert state_of(older) == "superseded"
    assert older.superseded_by == newer
    moves = list(older.events.values_list("to_state", "worker"))
    assert moves == [("queued", ""), ("fetching", "w"), ("queued", "w"), ("superseded", "")]


def test_a_worker_that_stops_hands_back_only_what_is_still_wanted(
    ann: User, variant: ModelVariant, recipe: Recipe
) -> None:
    older = ask(ann, make_checkpoint(variant), recipe)
    claim_next(queue="cpu", worker="w")
    ask(ann, make_checkpoint(variant), recipe)
    release_runs("w")
    assert state_of(older) == "superseded"


def test_whoever_wants_it_all_the_same_asks_again(
    ann: User, variant: ModelVariant, recipe: Recipe
) -> None:
    older = ask(ann, make_checkpoint(variant), recipe)
    ask(ann, make_checkpoint(variant), recipe)
    again = retry_run(actor=ann, run=older)
    assert (again.checkpoint, again.state) == (older.checkpoint, "queued")


def renewed(slug: str, recipe: Recipe) -> None:
    columns = [(recipe, "Sums", 1.0)]
    next_board(slug=slug, columns=columns, title="T", question="Q", description="", automatic=True)


def test_a_recipe_that_left_every_board_is_not_waited_for(ann: User) -> None:
    left, kept = make_recipe(), make_recipe()
    make_board("small", [left, kept])
    unwanted, wanted = ask(ann, make_checkpoint(), left), ask(ann, make_checkpoint(), left, kept)
    renewed("small", kept)
    assert (state_of(unwanted), state_of(wanted)) == ("superseded", "queued")
    assert unwanted.superseded_by is None
    assert unwanted.events.latest("pk").why == "its recipes are on no current board any more"


def test_a_recipe_that_another_board_still_shows_is_waited_for(ann: User) -> None:
    shared = make_recipe()
    make_board("small", [shared])
    make_board("large", [shared])
    run = ask(ann, make_checkpoint(), shared)
    renewed("small", make_recipe())
    assert state_of(run) == "queued"
