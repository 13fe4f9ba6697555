"""Changing what is in the catalogue: alone, beside others, and against them."""

from typing import Any

import pytest

from contributions import proposals
from contributions.actions.merge import merge
from contributions.actions.revert import revert
from contributions.actions.revise import revise
from contributions.actions.submit import submit
from contributions.models import Contribution
from contributions.requirements import merge_requirements
from hub.actions.publish_dataset import publish_dataset
from hub.actions.publish_variant import publish_variant
from hub.facts import DatasetFacts, EdgeFacts, VariantFacts
from hub.models import Dataset, ModelVariant, User
from hub.refusal import Refusal
from tests.contributions.stories import approved
from tests.factories import make_manifest, make_variant

pytestmark = pytest.mark.django_db
CARD = "# Brook\n\nClear.\n\nCold.\n\nDeep.\n"


@pytest.fixture
def brook_page(cleo: User) -> ModelVariant:
    facts = VariantFacts(
        owner="headwaters",
        name="brook",
        repo_id="headwaters/brook",
        licence="apache-2.0",
        summary="A tiny model.",
        tags=("tiny", "english"),
        parameters=264,
        edges=(EdgeFacts("sea/parent", "finetune"),),
        card_text=CARD,
    )
    return publish_variant(actor=cleo, facts=facts, manifest=make_manifest("brook"))


def edit(author: User, entry: str = "headwaters/brook", **fields: Any) -> Contribution:
    payload = {"entry": entry, **fields}
    return submit(author=author, kind="edit_variant", payload=payload, sign_off=True)


def merged(contribution: Contribution, ben: User, cleo: User) -> Contribution:
    approved(contribution, ben)
    return merge(actor=cleo, contribution=contribution, head=contribution.head)


def unmet(contribution: Contribution) -> list[str]:
    return [one.code for one in merge_requirements(contribution) if not one.met]


def test_an_edit_names_only_what_it_changes_and_keeps_the_rest(
    brook_page: ModelVariant, ann: User, ben: User, cleo: User
) -> None:
    contribution = edit(ann, summary="A tiny model of a brook.", tags=["tiny", "prose"])
    version = contribution.versions.get()
    assert (contribution.title, version.payload["based_on"]) == ("Edit headwaters/brook", 1)
    assert version.base["summary"] == "A tiny model."
    assert version.base["entry_id"] == brook_page.pk
    merged(contribution, ben, cleo)
    brook_page.refresh_from_db()
    assert (brook_page.summary, brook_page.tags) == ("A tiny model of a brook.", ["tiny", "prose"])
    assert (brook_page.licence, brook_page.parameters) == ("apache-2.0", 264)
    newest = brook_page.revisions.first()
    assert newest is not None
    assert (newest.number, newest.text) == (2, CARD.strip())
    assert newest.facts["summary"] == "A tiny model of a brook."
    assert contribution.variant == brook_page


def test_an_edit_that_changes_nothing_is_refused(brook_page: ModelVariant, ann: User) -> None:
    with pytest.raises(Refusal) as refused:
        edit(ann)
    assert refused.value.code == "unchanged"
    assert not Contribution.objects.exists()


@pytest.mark.parametrize(
    ("payload", "code", "field"),
    [
        ({"entry": "headwaters/none"}, "no_entry", "entry"),
        ({"entry": ""}, "invalid", "entry"),
        ({"entry": "headwaters/brook", "based_on": 9}, "no_revision", "based_on"),
        ({"entry": "headwaters/brook", "based_on": "x"}, "no_revision", "based_on"),
        ({"entry": "headwaters/brook", "licence": "wtf"}, "invalid", "licence"),
        ({"entry": "headwaters/brook", "state": "retired"}, "invalid", "retired_why"),
        ({"entry": "headwaters/brook", "name": "taken"}, "already_here", "name"),
    ],
)
def test_what_makes_no_sense_is_named(
    brook_page: ModelVariant, ann: User, payload: dict[str, Any], code: str, field: str
) -> None:
    make_variant("headwaters/taken")
    with pytest.raises(Refusal) as refused:
        submit(author=ann, kind="edit_variant", payload=payload, sign_off=True)
    assert refused.value.code == code
    assert field in refused.value.fields


def test_two_edits_of_different_things_are_both_had(
    brook_page: ModelVariant, ann: User, sam: User, ben: User, cleo: User
) -> None:
    first = edit(
        ann,
        licence="mit",
        tags=["tiny", "english", "prose"],
        card_text=CARD.replace("Clear.", "Very clear."),
    )
    second = edit(
        sam,
        summary="Sam's words.",
        tags=["english"],
        card_text=CARD.replace("Deep.", "Very deep."),
        edges=[
            {"parent_name": "sea/parent", "relation": "finetune", "is_dataset": False},
            {"parent_name": "sea/pool", "relation": "trained_on", "is_dataset": True},
        ],
    )
    merged(first, ben, cleo)
    assert unmet(approved(second, ben)) == []
    moved = proposals.get("edit_variant").moved(second.versions.get())
    assert moved is not None
    assert [change.field for change in moved.changes] == ["tags", "licence", "card_text"]
    merge(actor=cleo, contribution=second, head=1)
    brook_page.refresh_from_db()
    assert (brook_page.licence, brook_page.summary) == ("mit", "Sam's words.")
    assert brook_page.tags == ["english", "prose"]
    card = brook_page.revisions.get(number=3).text
    assert "Very clear." in card
    assert "Very deep." in card
    assert brook_page.parent_edges.count() == 2


def test_a_conflict_names_its_fields_and_revising_decides_it(
    brook_page: ModelVariant, ann: User, sam: User, ben: User, cleo: User
) -> None:
    first, second = edit(ann, licence="mit"), edit(sam, licence="cc-by-4.0", summary="Sam's.")
    merged(first, ben, cleo)
    approved(second, ben)
    assert unmet(second) == ["conflict"]
    with pytest.raises(Refusal) as refused:
        merge(actor=cleo, contribution=second, head=1)
    assert "Licence" in refused.value.message
    second.refresh_from_db()
    # What was read when it was revised is the base from now on; the client only says which.
    payload = {
        "entry": "headwaters/brook",
        "based_on": 2,
        "licence": "cc-by-4.0",
        "summary": "Sam's.",
    }
    revise(actor=sam, contribution=second, payload=payload, note="", head=1, sign_off=True)
    assert second.versions.get(number=2).base["licence"] == "mit"
    merged(second, ben, cleo)
    brook_page.refresh_from_db()
    assert (brook_page.licence, brook_page.summary) == ("cc-by-4.0", "Sam's.")


def test_an_edit_of_what_was_read_before_is_told_of_what_came_since(
    brook_page: ModelVariant, ann: User, sam: User, ben: User, cleo: User
) -> None:
    merged(edit(ann, licence="mit"), ben, cleo)
    late = edit(sam, based_on=1, licence="cc-by-4.0")
    assert late.versions.get().base["licence"] == "apache-2.0"
    assert "conflict" in unmet(late)


def test_a_renamed_entry_is_found_by_its_old_name_and_edited_further(
    brook_page: ModelVariant, ann: User, sam: User, ben: User, cleo: User
) -> None:
    waiting = edit(sam, summary="Sam's words.")
    rename = edit(ann, owner="river", name="rill")
    assert rename.title == "Rename headwaters/brook to river/rill"
    merged(rename, ben, cleo)
    assert ModelVariant.objects.at("Headwaters", "brook") == brook_page
    merged(waiting, ben, cleo)
    brook_page.refresh_from_db()
    assert (brook_page.full_name, brook_page.summary) == ("river/rill", "Sam's words.")
    assert edit(ann, summary="By its old name.").subject == "river/rill"


def test_retiring_and_bringing_back_leave_their_traces(
    brook_page: ModelVariant, ann: User, ben: User, cleo: User
) -> None:
    merged(edit(ann, state="retired", retired_why="Wrong weights."), ben, cleo)
    brook_page.refresh_from_db()
    assert (brook_page.state, brook_page.retired_why, brook_page.retired_by) == (
        "retired",
        "Wrong weights.",
        cleo,
    )
    merged(edit(ann, state="published", retired_why=""), ben, cleo)
    brook_page.refresh_from_db()
    assert (brook_page.state, brook_page.retired_by) == ("published", None)
    states = [revision.facts["state"] for revision in brook_page.revisions.all()]
    assert states == ["published", "retired", "published"]


def test_a_cycle_is_refused_when_it_is_merged(
    brook_page: ModelVariant, ann: User, ben: User, cleo: User
) -> None:
    child = publish_variant(
        actor=cleo,
        facts=VariantFacts(
            owner="sea",
            name="child",
            repo_id="sea/child",
            edges=(EdgeFacts("headwaters/brook", "finetune"),),
        ),
        manifest=make_manifest("child"),
    )
    assert child.parent_edges.get().parent == brook_page
    edges = [{"parent_name": "sea/child", "relation": "merge", "is_dataset": False}]
    circular = approved(edit(ann, edges=edges), ben)
    with pytest.raises(Refusal) as refused:
        merge(actor=cleo, contribution=circular, head=1)
    assert refused.value.code == "lineage_cycle"
    circular.refresh_from_db()
    assert circular.state == "approved"


def test_reverting_an_edit_is_its_inverse_on_top_of_what_came_since(
    brook_page: ModelVariant, ann: User, sam: User, ben: User, cleo: User
) -> None:
    first = merged(edit(ann, licence="mit", tags=["prose"]), ben, cleo)
    merged(edit(sam, summary="Sam's words."), ben, cleo)
    back = revert(author=sam, contribution=first, sign_off=True)
    assert (back.title, back.reverts) == (f"Revert #{first.pk} Edit headwaters/brook", first)
    merged(back, ben, cleo)
    brook_page.refresh_from_db()
    assert (brook_page.licence, set(brook_page.tags)) == ("apache-2.0", {"tiny", "english"})
    assert brook_page.summary == "Sam's words."
    with pytest.raises(Refusal) as refused:
        revert(author=sam, contribution=edit(ann, licence="mit"), sign_off=True)
    assert refused.value.code == "nothing_to_revert"


def test_a_dataset_is_edited_the_same_way(ann: User, ben: User, cleo: User) -> None:
    facts = DatasetFacts(owner="sea", name="pool", repo_id="sea/pool", licence="mit")
    dataset = publish_dataset(actor=cleo, facts=facts)
    payload = {"entry": "sea/pool", "purpose": "both", "size": "12 rows", "name": "lake"}
    contribution = submit(author=ann, kind="edit_dataset", payload=payload, sign_off=True)
    merged(contribution, ben, cleo)
    dataset.refresh_from_db()
    assert (dataset.full_name, dataset.purpose, dataset.size) == ("sea/lake", "both", "12 rows")
    assert Dataset.objects.at("sea", "pool") == dataset
