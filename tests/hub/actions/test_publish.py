from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from hub.actions.publish_dataset import publish_dataset
from hub.actions.publish_variant import publish_variant
from hub.facts import DatasetFacts, EdgeFacts, VariantFacts
from hub.manifest import Manifest
from hub.models import Dataset, LineageEdge, ModelVariant, User, WorkingGroup
from hub.models.lineage import Evidence
from hub.refusal import Refusal
from tests.factories import make_dataset, make_manifest, make_scope, make_variant
from tests.threads import at_once


def facts(full_name: str = "headwaters/brook", **fields: Any) -> VariantFacts:
    owner, _, name = full_name.partition("/")
    fields.setdefault("repo_id", full_name)
    return VariantFacts(owner=owner, name=name, licence="mit", **fields)


def refused(actor: User, what: VariantFacts, manifest: Manifest | None = None) -> Refusal:
    before = ModelVariant.objects.count()
    with pytest.raises(Refusal) as refusal:
        publish_variant(actor=actor, facts=what, manifest=manifest or make_manifest())
    assert ModelVariant.objects.count() == before
    return refusal.value


def test_a_variant_is_published_whole(cleo: User) -> None:
    parent, pool = make_variant("headwaters/spring"), make_dataset("headwaters/pool")
    manifest = make_manifest()
    edges = (
        EdgeFacts("headwaters/Pool", "trained_on", is_dataset=True),
        EdgeFacts("Headwaters/Spring", "distillation", parent_commit="abc"),
        EdgeFacts("elsewhere/unknown", "merge"),
    )
    what = facts(edges=edges, tags=("tiny", "new"), parameters=7, card_text="# Brook")
    variant = publish_variant(actor=cleo, facts=what, manifest=manifest)
    variant.refresh_from_db()
    assert (variant.state, variant.relation, variant.tags_text) == (
        "published",
        "distillation",
        "tiny new",
    )
    data, model, unknown = variant.parent_edges.all()
    assert (data.parent_dataset, model.parent, unknown.parent) == (pool, parent, None)
    assert unknown.parent_name == "elsewhere/unknown"
    assert (model.parent_commit, model.evidence) == ("abc", Evidence.DECLARED)
    revision = variant.revisions.get()
    assert (revision.number, revision.text, revision.published_by) == (1, "# Brook", cleo)
    checkpoint = variant.checkpoints.get()
    assert (checkpoint.digest, checkpoint.size) == (manifest.digest, manifest.size)
    assert checkpoint.files == list(manifest.files)


def test_edges_that_waited_are_linked(cleo: User) -> None:
    child = make_variant("rivers/child")
    waiting = [
        LineageEdge.objects.create(child=child, parent_name=name, relation=relation)
        for name, relation in [
            ("Headwaters/BROOK", "finetune"),
            ("headwaters/brook", "trained_on"),  # a dataset of the same name
            ("headwaters/brook-2", "finetune"),
        ]
    ]
    variant = publish_variant(actor=cleo, facts=facts(), manifest=make_manifest())
    for edge in waiting:
        edge.refresh_from_db()
    assert [edge.parent for edge in waiting] == [variant, None, None]
    dataset = publish_dataset(
        actor=cleo, facts=DatasetFacts("headwaters", "brook", "headwaters/brook")
    )
    waiting[1].refresh_from_db()
    assert waiting[1].parent_dataset == dataset


def test_an_address_is_taken_once_whatever_its_case(cleo: User) -> None:
    make_variant("Headwaters/Brook", state="retired")
    refusal = refused(cleo, facts())
    assert refusal.code == "already_here"
    assert "Headwaters/Brook is already here (retired)" in refusal.message
    assert "name" in refusal.fields


def test_the_same_bytes_are_here_once(cleo: User) -> None:
    manifest = make_manifest()
    publish_variant(actor=cleo, facts=facts("headwaters/first"), manifest=manifest)
    refusal = refused(cleo, facts("headwaters/second"), manifest)
    assert refusal.code == "already_here"
    assert "headwaters/first" in refusal.message


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (facts("headwaters/a..b"), "invalid"),
        (facts(parameters=2**70), "invalid"),
        (facts(edges=(EdgeFacts("a/b", "cousin"),)), "unknown_relation"),
        (facts(edges=(EdgeFacts("Headwaters/Brook", "finetune"),)), "own_parent"),
        (facts(edges=(EdgeFacts("a/b", "merge"), EdgeFacts("A/B", "merge"))), "invalid"),
    ],
)
def test_nonsense_is_refused_beside_its_field(cleo: User, what: VariantFacts, code: str) -> None:
    refusal = refused(cleo, what)
    assert refusal.code == code
    assert refusal.fields


def test_a_checkpoint_needs_files(cleo: User) -> None:
    assert refused(cleo, facts(), Manifest.of("c" * 40, [])).code == "no_files"


def test_lineage_has_no_circles(cleo: User) -> None:
    edge = (EdgeFacts("headwaters/brook", "finetune"),)
    publish_variant(actor=cleo, facts=facts("rivers/a", edges=edge), manifest=make_manifest())
    below = (EdgeFacts("rivers/a", "finetune"),)
    publish_variant(actor=cleo, facts=facts("rivers/b", edges=below), manifest=make_manifest())
    circle = (EdgeFacts("rivers/b", "finetune"),)
    assert refused(cleo, facts(edges=circle)).code == "lineage_cycle"


def test_who_may_publish(ann: User, ben: User, cleo: User, sam: User) -> None:
    group = WorkingGroup.objects.create(slug="rivers", name="Rivers")
    make_scope(group, sam, "maintainer")
    for number, person in enumerate((ben, cleo, sam)):
        publish_variant(actor=person, facts=facts(f"a/b{number}"), manifest=make_manifest())
    with pytest.raises(PermissionDenied):
        publish_variant(actor=ann, facts=facts(), manifest=make_manifest())
    with pytest.raises(PermissionDenied):
        publish_dataset(actor=ann, facts=DatasetFacts("a", "b", "a/b"))
    cleo.is_active = False
    with pytest.raises(PermissionDenied):
        publish_variant(actor=cleo, facts=facts(), manifest=make_manifest())


def test_a_dataset_is_published_with_its_card(cleo: User) -> None:
    what = DatasetFacts(
        "headwaters", "pool", "headwaters/pool", purpose="both", tags=("a", "b"), card_text="# P"
    )
    dataset = publish_dataset(actor=cleo, facts=what)
    assert (dataset.purpose, dataset.tags_text) == ("both", "a b")
    assert dataset.revisions.get().text == "# P"
    with pytest.raises(Refusal) as refusal:
        publish_dataset(actor=cleo, facts=DatasetFacts("HEADWATERS", "Pool", "x/y"))
    assert refusal.value.code == "already_here"
    with pytest.raises(Refusal) as refusal:
        publish_dataset(actor=cleo, facts=DatasetFacts("a", "b", "a/b", purpose="fun"))
    assert "purpose" in refusal.value.fields
    assert Dataset.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_publish_the_same_bytes_one_wins(cleo: User) -> None:
    manifest = make_manifest()

    def publish(number: int) -> str:
        try:
            publish_variant(actor=cleo, facts=facts(f"a/b{number}"), manifest=manifest)
        except Refusal as refusal:
            return refusal.code
        return "published"

    answers = at_once(4, publish)
    assert sorted(answers) == ["already_here"] * 3 + ["published"]
