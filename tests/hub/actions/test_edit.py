"""Editing what is published: the row, its edges, its addresses and its revisions."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from hub.actions.edit_dataset import edit_dataset
from hub.actions.edit_variant import edit_variant
from hub.actions.publish_dataset import publish_dataset
from hub.actions.publish_variant import publish_variant
from hub.facts import DatasetFacts, EdgeFacts, VariantFacts
from hub.models import Dataset, FormerName, LineageEdge, ModelVariant, User
from hub.models.lineage import Evidence
from hub.refusal import Refusal
from hub.snapshots import snapshot
from tests.factories import make_manifest, make_variant

pytestmark = pytest.mark.django_db


def facts(full_name: str = "sea/salt", **fields: Any) -> VariantFacts:
    owner, _, name = full_name.partition("/")
    return VariantFacts(**{"owner": owner, "name": name, "repo_id": "sea/salt", **fields})


@pytest.fixture
def salt(cleo: User) -> ModelVariant:
    edges = (EdgeFacts("sea/water", "finetune"),)
    return publish_variant(actor=cleo, facts=facts(edges=edges), manifest=make_manifest("salt"))


def test_only_those_who_publish_edit(salt: ModelVariant, ann: User) -> None:
    with pytest.raises(PermissionDenied):
        edit_variant(actor=ann, variant=salt, facts=facts())
    assert salt.revisions.count() == 1


def test_edges_that_stay_keep_their_evidence_and_new_ones_are_linked(
    salt: ModelVariant, cleo: User
) -> None:
    salt.parent_edges.update(evidence=Evidence.VERIFIED)
    water = make_variant("sea/water")
    sand = make_variant("beach/sand")
    edges = (EdgeFacts("beach/sand", "merge"), EdgeFacts("Sea/Water", "finetune"))
    edit_variant(actor=cleo, variant=salt, facts=facts(edges=edges))
    found = [(e.parent, e.evidence) for e in salt.parent_edges.select_related("parent")]
    assert found == [(sand, Evidence.DECLARED), (water, Evidence.VERIFIED)]
    salt.refresh_from_db()
    assert salt.relation == "merge"
    edit_variant(actor=cleo, variant=salt, facts=facts())
    assert not LineageEdge.objects.filter(child=salt).exists()


def test_whoever_waited_for_the_new_name_is_linked(salt: ModelVariant, cleo: User) -> None:
    child = publish_variant(
        actor=cleo,
        facts=VariantFacts(
            owner="sea", name="soup", repo_id="sea/soup", edges=(EdgeFacts("sea/brine", "merge"),)
        ),
        manifest=make_manifest("soup"),
    )
    edit_variant(actor=cleo, variant=salt, facts=facts("sea/brine"))
    assert child.parent_edges.get().parent == salt
    circle = facts("sea/brine", edges=(EdgeFacts("sea/soup", "merge"),))
    with pytest.raises(Refusal) as refused:
        edit_variant(actor=cleo, variant=salt, facts=circle)
    assert refused.value.code == "lineage_cycle"


def test_renaming_back_and_forth_leaves_one_way_to_each_name(
    salt: ModelVariant, cleo: User
) -> None:
    for name in ("sea/brine", "sea/salt", "sea/brine", "SEA/Brine"):
        salt = edit_variant(actor=cleo, variant=salt, facts=facts(name))
    assert [str(former) for former in FormerName.objects.all()] == ["sea/salt"]
    assert ModelVariant.objects.at("sea", "SALT") == salt
    assert ModelVariant.objects.at("sea", "brine") == salt
    # Somebody else takes the old address: it is theirs from then on.
    other = make_variant("sea/salt")
    assert ModelVariant.objects.at("sea", "salt") == other


def test_a_taken_address_is_refused(salt: ModelVariant, cleo: User) -> None:
    make_variant("sea/Brine")
    with pytest.raises(Refusal) as refused:
        edit_variant(actor=cleo, variant=salt, facts=facts("sea/brine"))
    assert refused.value.code == "already_here"


def test_any_revision_says_all_that_stood_then(salt: ModelVariant, cleo: User) -> None:
    edit_variant(actor=cleo, variant=salt, facts=facts(licence="mit", card_text="# New\r\n"))
    first, second = snapshot(salt, 1), snapshot(salt)
    assert (first.number, second.number) == (1, 2)
    assert first.facts["edges"][0]["parent_name"] == "sea/water"
    assert (second.facts["licence"], second.facts["card_text"]) == ("mit", "# New")
    assert second.facts["edges"] == []


def test_what_was_made_without_a_revision_has_its_facts_too() -> None:
    variant = make_variant("sea/foam", summary="Light.")
    found = snapshot(variant)
    assert (found.number, found.facts["summary"], found.facts["card_text"]) == (0, "Light.", "")


def test_a_dataset_is_retired_with_a_reason_only(cleo: User) -> None:
    named = DatasetFacts(owner="sea", name="pool", repo_id="sea/pool")
    pool = publish_dataset(actor=cleo, facts=named)
    with pytest.raises(Refusal) as refused:
        edit_dataset(actor=cleo, dataset=pool, facts=named, state="retired")
    assert list(refused.value.fields) == ["retired_why"]
    edit_dataset(actor=cleo, dataset=pool, facts=named, state="retired", why="Empty.")
    edit_dataset(actor=cleo, dataset=pool, facts=named, state="retired", why="Drained.")
    pool = Dataset.objects.get()
    assert (pool.state, pool.retired_why, pool.retired_by) == ("retired", "Drained.", cleo)
