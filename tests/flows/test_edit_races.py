"""Two edits of one entry are merged at the same moment: the second sees what the first did."""

from collections.abc import Mapping

import pytest

from contributions.actions.merge import merge
from contributions.actions.submit import submit
from contributions.models import Contribution
from hub.actions.publish_variant import publish_variant
from hub.facts import VariantFacts
from hub.models import ModelVariant, User
from hub.refusal import Refusal
from tests.contributions.stories import approved
from tests.factories import make_manifest
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def salt(cleo: User) -> ModelVariant:
    facts = VariantFacts(owner="sea", name="salt", repo_id="sea/salt", licence="mit")
    return publish_variant(actor=cleo, facts=facts, manifest=make_manifest("salt"))


def merged_at_once(author: User, ben: User, cleo: User, *edits: Mapping[str, object]) -> list[str]:
    """ "done", or the code of what a merger was told, in the order of `edits`."""
    numbers = [
        approved(
            submit(
                author=author,
                kind="edit_variant",
                payload={"entry": "sea/salt", **fields},
                sign_off=True,
            ),
            ben,
        ).pk
        for fields in edits
    ]

    def one(turn: int) -> str:
        try:
            merge(actor=cleo, contribution=Contribution.objects.get(pk=numbers[turn]), head=1)
        except Refusal as told:
            return told.code
        return "done"

    return at_once(len(numbers), one)


@pytest.mark.parametrize("turn", range(3))
def test_what_does_not_conflict_is_all_there(
    salt: ModelVariant, ann: User, ben: User, cleo: User, turn: int
) -> None:
    edits = ({"summary": "Salty."}, {"tags": ["a"]}, {"tags": ["b"]}, {"architecture": "Cubic"})
    assert merged_at_once(ann, ben, cleo, *edits) == ["done"] * 4
    salt.refresh_from_db()
    assert (salt.summary, set(salt.tags), salt.architecture) == ("Salty.", {"a", "b"}, "Cubic")
    assert [revision.number for revision in salt.revisions.all()] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("turn", range(3))
def test_of_two_that_conflict_one_is_merged_and_the_other_told(
    salt: ModelVariant, ann: User, ben: User, cleo: User, turn: int
) -> None:
    found = merged_at_once(ann, ben, cleo, {"summary": "Salty."}, {"summary": "Sweet."})
    assert found.count("done") == 1
    assert set(found) - {"done"} <= {"conflict", "requirements_unmet"}
    salt.refresh_from_db()
    assert salt.summary == ("Salty." if found[0] == "done" else "Sweet.")
    assert salt.revisions.count() == 2
    left = Contribution.objects.exclude(state="merged").get()
    assert left.state == "approved"
