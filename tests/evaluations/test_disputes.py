"""What stands against an entry, and what travels down the lineage with the way it came."""

import itertools

import pytest
from django.test import Client

from evaluations.actions.lift_dispute import lift_dispute
from evaluations.actions.open_dispute import open_dispute
from evaluations.actions.rank import rank_board
from evaluations.actions.settle_dispute import settle_dispute
from evaluations.disputes import marks_of, standing_against, taints_of
from evaluations.models import Dispute
from hub.models import Dataset, LineageEdge, ModelVariant, User
from tests.evaluations.claiming import make_claim
from tests.factories import (
    make_board,
    make_checkpoint,
    make_dataset,
    make_recipe,
    make_score,
    make_variant,
)
from tests.queries import assert_constant_queries, count_queries

pytestmark = pytest.mark.django_db

numbers = itertools.count(100)


def descend(child: ModelVariant, parent: ModelVariant | Dataset, relation: str = "") -> None:
    data = isinstance(parent, Dataset)
    LineageEdge.objects.create(
        child=child,
        parent_name=parent.full_name,
        relation=relation or ("trained_on" if data else "finetune"),
        **{"parent_dataset" if data else "parent": parent},
    )


def dispute(
    actor: User,
    entry: ModelVariant | Dataset,
    reason: str = "contamination",
    *,
    upheld: bool = False,
    **more: object,
) -> Dispute:
    number = next(numbers)
    found = open_dispute(
        actor=actor, number=number, reason=reason, summary="Seen before.", entry=entry,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return settle_dispute(actor=actor, number=number, upheld=True) if upheld else found


@pytest.fixture
def family() -> tuple[ModelVariant, ModelVariant, ModelVariant]:
    """Child, parent, grandparent."""
    child, parent = make_variant("river/child"), make_variant("river/parent")
    grandparent = make_variant("river/grandparent")
    descend(child, parent)
    descend(parent, grandparent)
    return child, parent, grandparent


Family = tuple[ModelVariant, ModelVariant, ModelVariant]


def test_a_dataset_in_a_grandparent_taints_with_the_way_it_came(family: Family, ann: User) -> None:
    child, parent, grandparent = family
    pool = make_dataset("far/pool")
    descend(grandparent, pool)
    dispute(ann, pool, upheld=True)
    ways = {each: [taint.reason_path for taint in taints_of(each)] for each in family}
    assert ways == {
        child: ["via dataset far/pool in grandparent river/grandparent"],
        parent: ["via dataset far/pool in parent river/grandparent"],
        grandparent: ["via dataset far/pool"],
    }
    assert taints_of(child)[0].path == ("river/parent", "river/grandparent", "far/pool")


def test_variants_taint_by_every_generation(family: Family, ann: User) -> None:
    child, _, grandparent = family
    dispute(ann, grandparent, "licence")
    assert [taint.reason_path for taint in taints_of(child)] == [
        "via grandparent river/grandparent"
    ]
    furthest = make_variant("river/spring")
    descend(grandparent, furthest, "distillation")
    dispute(ann, furthest)
    assert taints_of(child)[1].reason_path == "via ancestor river/spring"


@pytest.mark.parametrize("reason", ["lineage", "broken", "score"])
def test_what_is_wrong_with_one_entry_alone_is_not_inherited(
    reason: str, family: Family, ann: User
) -> None:
    child, parent, _ = family
    dispute(ann, parent, reason, upheld=True)
    assert taints_of(child) == []
    assert set(marks_of([child.pk, parent.pk])) == {parent.pk}


@pytest.mark.parametrize("relation", ["same_architecture", "judged_by"])
def test_nothing_travels_where_neither_weights_nor_data_do(relation: str, ann: User) -> None:
    child = make_variant()
    parent = make_dataset() if relation == "judged_by" else make_variant()
    descend(child, parent, relation)
    dispute(ann, parent, upheld=True)
    assert taints_of(child) == []
    assert marks_of([child.pk]) == {}


def test_a_score_s_and_a_claim_s_dispute_taint_nobody(family: Family, ann: User) -> None:
    child, parent, _ = family
    score = make_score(make_checkpoint(parent), make_recipe(), 0.5)
    dispute(ann, parent, score=score)
    dispute(ann, parent, claim=make_claim(parent))
    assert taints_of(child) == []
    assert [each.score for each in standing_against(parent)] == [score]


def test_lifting_and_dismissing_clear_everybody_below_at_once(family: Family, ann: User) -> None:
    child, parent, grandparent = family
    upheld, opened = dispute(ann, grandparent, upheld=True), dispute(ann, parent)
    assert [taint.dispute for taint in taints_of(child)] == [opened, upheld]
    lift_dispute(dispute=upheld, by=7)
    settle_dispute(actor=ann, number=opened.number, upheld=False)
    assert taints_of(child) == []
    assert marks_of([each.pk for each in family]) == {}
    assert Dispute.objects.count() == 2


def test_marks_say_own_before_inherited_and_upheld_before_open(family: Family, ann: User) -> None:
    child, parent, grandparent = family
    first = dispute(ann, grandparent, "licence", upheld=True)
    second = dispute(ann, child)
    third = dispute(ann, child, "broken", upheld=True)
    marks = marks_of([child.pk, parent.pk, grandparent.pk])
    assert marks[child.pk].words == "broken upheld and 2 more"
    assert marks[child.pk].number == third.number
    assert f"disputed: contamination (#{second.number})" in marks[child.pk].title
    assert marks[parent.pk].words == "inherited: licence"
    assert marks[grandparent.pk].words == "licence upheld"
    assert marks[grandparent.pk].number == first.number


def test_cycles_and_diamonds_end(ann: User) -> None:
    left, right, top = make_variant(), make_variant(), make_variant()
    bottom = make_variant()
    for child, parent in ((bottom, left), (bottom, right), (left, top), (right, top), (top, left)):
        descend(child, parent, "merge")
    found = dispute(ann, top)
    assert [taint.dispute for taint in taints_of(bottom)] == [found]
    assert marks_of([bottom.pk])[bottom.pk].number == found.number


def test_depth_and_number_cost_no_queries(family: Family, ann: User) -> None:
    child, _, grandparent = family
    dispute(ann, grandparent)

    def more() -> None:
        above = make_variant()
        descend(grandparent, above)
        descend(above, pool := make_dataset())
        dispute(ann, pool)

    assert assert_constant_queries(lambda: taints_of(child), more) == 3
    assert count_queries(lambda: marks_of([child.pk, grandparent.pk])) == 1


def test_an_entry_s_page_says_what_stands_against_it_and_why(
    client: Client, family: Family, ann: User
) -> None:
    child, _, grandparent = family
    found = dispute(ann, grandparent, upheld=True)
    old = dispute(ann, grandparent, "broken")
    settle_dispute(actor=ann, number=old.number, upheld=False)
    page = client.get(grandparent.get_absolute_url()).content.decode()
    section = page.split('id="disputes"')[1].split("</section>")[0]
    for words in ("Upheld", "Trained on the test data", "Seen before.", "1 settled dispute"):
        assert words in section
    assert f"/contributions/{found.number}/" in section
    page = client.get(child.get_absolute_url()).content.decode()
    assert "via grandparent river/grandparent" in page
    assert f"?variant={child.full_name}" in page.split("Know better?")[1]


def test_a_dataset_s_page_says_so_too(client: Client, ann: User) -> None:
    pool = make_dataset("far/pool")
    dispute(ann, pool, "licence")
    page = client.get(pool.get_absolute_url()).content.decode()
    assert "Disputed" in page.split('id="disputes"')[1]
    assert "/submit/flag/?dataset=far/pool" in page


def test_a_run_says_what_stands_against_its_scores_and_its_variant(
    client: Client, ann: User
) -> None:
    variant = make_variant()
    checkpoint = make_checkpoint(variant)
    score = make_score(checkpoint, make_recipe(), 0.5)
    other = make_score(checkpoint, make_recipe(), 0.6)
    about_score = dispute(ann, variant, "score", score=score)
    about_variant = dispute(ann, variant)
    page = client.get(score.get_absolute_url()).content.decode()
    assert f"/contributions/{about_score.number}/" in page
    assert f"/contributions/{about_variant.number}/" in page
    page = client.get(other.get_absolute_url()).content.decode()
    assert f"/contributions/{about_score.number}/" not in page


def test_a_board_marks_its_rows_in_words_by_one_query_whatever_their_number(
    client: Client, ann: User
) -> None:
    recipe = make_recipe()
    board = make_board("small", [recipe])

    def add() -> ModelVariant:
        variant = make_variant()
        make_score(make_checkpoint(variant), recipe, 0.5)
        return variant

    def more() -> None:
        for _ in range(4):
            dispute(ann, add())
        rank_board(board, force=True)

    first, child = add(), add()
    descend(child, first)
    found = dispute(ann, first, upheld=True)
    rank_board(board)
    page = client.get(board.get_absolute_url()).content.decode()
    assert "contamination upheld" in page
    assert "inherited: contamination" in page
    assert page.count(f"/contributions/{found.number}/") == 2
    assert_constant_queries(lambda: client.get(board.get_absolute_url()), more)


def test_the_api_tells_disputes_of_variants_datasets_and_standings(
    client: Client, family: Family, ann: User
) -> None:
    _, parent, _ = family
    recipe = make_recipe()
    board = make_board("small", [recipe])
    make_score(make_checkpoint(parent), recipe, 0.5)
    rank_board(board)
    before = client.get("/api/v1/boards/small/standings/")
    assert before.json()["results"][0]["disputes"] == []
    found = dispute(ann, parent, upheld=True)
    told = client.get("/api/v1/variants/river/parent/").json()["disputes"]
    assert [(each["contribution"], each["state"], each["reason"]) for each in told] == [
        (found.number, "upheld", "contamination")
    ]
    inherited = client.get("/api/v1/variants/river/child/").json()["inherited_disputes"]
    assert inherited[0]["path"] == ["river/parent"]
    assert inherited[0]["reason_path"] == "via parent river/parent"
    pool = make_dataset("far/pool")
    dispute(ann, pool)
    assert len(client.get("/api/v1/datasets/far/pool/").json()["disputes"]) == 1
    # A copy of the board from before the dispute is not current any more.
    after = client.get("/api/v1/boards/small/standings/", headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert after.json()["results"][0]["disputes"] == [
        {"contribution": found.number, "state": "upheld", "reason": "contamination"}
    ]
    again = client.get("/api/v1/boards/small/standings/", headers={"If-None-Match": after["ETag"]})
    assert again.status_code == 304
