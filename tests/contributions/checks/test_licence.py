"""No origin is asked here: the payload against what the catalogue knows of the parents."""

from typing import Any

import pytest

from contributions import proposals
from contributions.checks import licence
from contributions.checks.verdict import Context, Verdict
from contributions.models import Check
from hub.models import LineageEdge, ModelVariant, User
from tests.contributions.stories import submitted
from tests.factories import make_dataset, make_variant

pytestmark = pytest.mark.django_db


def verdict(
    author: User, relation: str, full_name: str = "headwaters/brook", **fields: Any
) -> Verdict:
    edges = [
        {
            "parent_name": "sea/parent",
            "relation": relation,
            "is_dataset": relation == "trained_on",
        }
    ]
    contribution = submitted(author, full_name, edges=edges, **fields)
    version = Check.objects.filter(version__contribution=contribution)[0].version
    return licence.run(Context(version, proposals.get("add_variant"), {}))


def test_a_permissive_parent_asks_nothing(ann: User) -> None:
    make_variant("sea/parent", licence="mit")
    assert verdict(ann, "finetune").state == "passed"


def test_a_parent_that_nobody_added_is_not_guessed_at(ann: User) -> None:
    assert verdict(ann, "finetune").state == "passed"


def test_a_llama_parent_asks_for_its_name_and_its_words(ann: User) -> None:
    make_variant("Sea/Parent", licence="llama3.1")
    found = verdict(ann, "finetune")
    said = [detail.text for detail in found.details]
    assert (found.state, found.code) == ("warning", "licence_needs_review")
    assert [detail.field for detail in found.details] == ["name", "card_text", "licence"]
    assert all(text.endswith("Needs review.") for text in said)
    assert "begins with “Llama”" in said[0]


def test_a_name_and_a_card_that_comply_leave_the_restrictions(ann: User) -> None:
    make_variant("sea/parent", licence="llama3.1")
    found = verdict(
        ann,
        "finetune",
        "headwaters/Llama-brook",
        licence="llama3.1",
        card_text="Built with Llama",
    )
    assert found.state == "passed"


@pytest.mark.parametrize(
    ("parent", "relation", "state"),
    [
        ("llama3.1", "distillation", "warning"),
        ("llama2", "distillation", "warning"),
        ("mit", "distillation", "passed"),
        ("cc-by-nc-4.0", "distillation", "passed"),
        ("cc-by-nc-4.0", "merge", "warning"),
        ("llama3.1", "same_architecture", "passed"),
    ],
)
def test_what_reaches_whom(ann: User, parent: str, relation: str, state: str) -> None:
    make_variant("sea/parent", licence=parent)
    assert verdict(ann, relation).state == state


def test_a_named_licence_is_known_by_its_name(ann: User) -> None:
    make_variant("sea/parent", licence="other", licence_name="deepseek-license")
    found = verdict(ann, "distillation")
    assert "deepseek-license" in found.details[0].text


def test_a_dataset_not_for_commerce_is_noticed(ann: User) -> None:
    make_dataset("sea/parent", licence="cc-by-nc-4.0")
    assert "commercial" in verdict(ann, "trained_on").details[0].text


def test_an_unknown_licence_is_for_the_reviewer(ann: User) -> None:
    assert verdict(ann, "finetune", licence="unknown").state == "warning"


def descend(child: str, parent: str, relation: str) -> None:
    """An edge between two entries that are here."""
    owner, _, name = child.partition("/")
    above = ModelVariant.objects.get(owner=parent.split("/")[0], name=parent.split("/")[1])
    LineageEdge.objects.create(
        child=ModelVariant.objects.get(owner=owner, name=name),
        parent=above,
        parent_name=parent,
        relation=relation,
    )


def test_obligations_come_from_grandparents_with_the_way_that_they_took(ann: User) -> None:
    make_variant("sea/parent", licence="mit")
    make_variant("meta/llama", licence="llama3.1")
    descend("sea/parent", "meta/llama", "merge")
    found = verdict(ann, "quantized")
    assert found.state == "warning"
    assert "meta/llama via sea/parent (mit) is under llama3.1" in found.details[0].text


@pytest.mark.parametrize(
    ("above", "relation", "below", "state"),
    [
        # what a teacher wrote carries what reaches outputs, further down as well
        ("llama3.1", "distillation", "finetune", "warning"),
        ("cc-by-nc-4.0", "distillation", "finetune", "passed"),
        ("llama3.1", "same_architecture", "finetune", "passed"),
        ("cc-by-nc-4.0", "finetune", "finetune", "warning"),
        ("mit", "finetune", "finetune", "passed"),
    ],
)
def test_what_reaches_a_grandchild(
    ann: User, above: str, relation: str, below: str, state: str
) -> None:
    make_variant("sea/parent", licence="apache-2.0")
    make_variant("deep/well", licence=above)
    descend("sea/parent", "deep/well", relation)
    assert verdict(ann, below).state == state


def test_a_licensor_who_relicensed_a_descendant_stops_the_flow(ann: User) -> None:
    make_variant("sea/parent", licence="mit")
    make_variant("sea/base", licence="other", licence_name="deepseek-license")
    descend("sea/parent", "sea/base", "finetune")
    assert verdict(ann, "finetune").state == "passed"


def test_a_merge_owes_what_all_its_parents_ask_and_each_thing_once(ann: User) -> None:
    for name, terms in (("a", "llama3.1"), ("b", "llama3.3"), ("c", "cc-by-nc-4.0")):
        make_variant(f"sea/{name}", licence=terms)
    edges = [{"parent_name": f"sea/{n}", "relation": "merge", "is_dataset": False} for n in "abc"]
    version = submitted(ann, edges=edges).versions.get()
    found = licence.run(Context(version, proposals.get("add_variant"), {}))
    asked = [(detail.field, detail.found) for detail in found.details]
    assert sorted(asked) == [
        ("card_text", "Built with Llama"),
        ("licence", "cc-by-nc-4.0"),
        ("licence", "llama3.1"),
        ("licence", "llama3.3"),
        ("name", "Llama"),
    ]
