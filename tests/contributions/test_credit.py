from django.test import Client

from contributions.actions.merge import merge
from contributions.credit import Credited, behind, downstream_of, reproduced_by
from contributions.models import Contribution
from evaluations.models import Replication
from hub.models import LineageEdge, ModelVariant, User
from tests.contributions.stories import approved, submitted
from tests.factories import make_recipe, make_run, make_score, make_variant
from tests.queries import assert_constant_queries


def merged(contribution: Contribution, reviewer: User, maintainer: User) -> ModelVariant:
    done = merge(actor=maintainer, contribution=approved(contribution, reviewer), head=1)
    assert done.variant is not None
    return done.variant


def deeds(credited: list[Credited]) -> dict[str, list[str]]:
    return {one.person.username: one.words for one in credited}


def parent_of(full_name: str) -> list[dict[str, object]]:
    return [
        {
            "parent_name": full_name,
            "relation": "finetune",
            "parent_commit": "",
            "is_dataset": False,
        }
    ]


def test_everybody_in_the_history_is_named(
    brook: Contribution, ann: User, ben: User, cleo: User
) -> None:
    found = behind(merged(brook, ben, cleo))
    assert deeds(found.own) == {"ann": ["contributed"], "cleo": ["merged"], "ben": ["reviewed"]}
    assert found.lineage == []
    assert found.contributors == [ann]


def test_those_further_up_are_named_with_what_they_did_it_for(
    brook: Contribution, sam: User, ben: User, cleo: User
) -> None:
    parent = merged(brook, ben, cleo)
    child = merged(submitted(sam, "delta/mouth", edges=parent_of(parent.full_name)), ben, cleo)
    found = behind(child)
    assert deeds(found.lineage) == {"ann": ["contributed"]}
    assert found.lineage[0].deeds[0].entry == parent
    assert [person.username for person in found.contributors] == ["sam"]


def test_a_reproduction_that_held_is_a_deed(
    brook: Contribution, sam: User, ben: User, cleo: User
) -> None:
    variant = merged(brook, ben, cleo)
    checkpoint, recipe = variant.checkpoints.get(), make_recipe()
    score = make_score(checkpoint, recipe, 0.5)
    for agrees in (True, False):
        run = make_run(checkpoint, [], requested_by=sam)
        Replication.objects.create(
            score=score, run=run, value=0.5, n=10, agrees=agrees, requested_by=sam
        )
    assert deeds(behind(variant).own)["sam"] == ["reproduced"]
    assert reproduced_by(sam).count() == 1


def test_what_came_of_it_counts_what_others_built(
    brook: Contribution, ann: User, sam: User, ben: User, cleo: User
) -> None:
    parent = merged(brook, ben, cleo)
    child = merged(submitted(sam, "delta/mouth", edges=parent_of(parent.full_name)), ben, cleo)
    make_score(child.checkpoints.get(), make_recipe(), 0.5)
    downstream = downstream_of(ann)
    assert (downstream.brought, downstream.descendants, downstream.scores) == (1, [child], 1)
    assert downstream_of(sam).descendants == []
    assert downstream_of(ben).brought == 0


def test_a_large_family_costs_no_queries(
    brook: Contribution, ann: User, ben: User, cleo: User
) -> None:
    variant = merged(brook, ben, cleo)

    def grow() -> None:
        below = variant
        for _ in range(4):
            child = make_variant()
            LineageEdge.objects.create(
                child=below, parent=child, parent_name=child.full_name, relation="merge"
            )
            below = child

    grow()  # a family of one needs no second query
    assert assert_constant_queries(lambda: behind(variant), grow) <= 5
    assert assert_constant_queries(lambda: downstream_of(ann), grow) <= 5


def test_pages_and_api_say_so(client: Client, brook: Contribution, ben: User, cleo: User) -> None:
    variant = merged(brook, ben, cleo)
    page = client.get(variant.get_absolute_url()).content.decode()
    assert "Credit" in page
    assert "@misc{headwaters-brook-" in page
    assert "What came of it" in client.get("/people/ann/").content.decode()
    answer = client.get("/api/v1/variants/headwaters/brook/credit/").json()
    assert [one["person"] for one in answer["own"]] == ["ann", "cleo", "ben"]
    assert answer["own"][0]["deeds"] == [
        {"what": "contributed", "entry": "headwaters/brook", "contribution": brook.pk}
    ]
    assert answer["lineage"] == []
