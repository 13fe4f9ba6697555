"""Flags: marked at once, upheld by merging, dismissed by any other end, lifted by another contribution."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from contributions import permissions
from contributions.actions.close import close
from contributions.actions.merge import merge
from contributions.actions.review import review
from contributions.actions.revise import revise
from contributions.actions.submit import submit
from contributions.actions.withdraw import withdraw
from contributions.models import Contribution
from contributions.proposals import KINDS
from evaluations.models import Dispute
from hub.models import ModelVariant, User
from hub.models.user import Role
from hub.refusal import Refusal
from tests.conftest import signed_in
from tests.contributions.stories import approved
from tests.evaluations.claiming import make_claim
from tests.factories import (
    make_checkpoint,
    make_dataset,
    make_recipe,
    make_score,
    make_user,
    make_variant,
)

pytestmark = pytest.mark.django_db


def flag(**fields: Any) -> dict[str, Any]:
    return {
        "entry_kind": "variant",
        "entry": "river/brook",
        "reason": "contamination",
        "summary": "Its test questions are in the pool.",
        "evidence": "Line 12 of the pool is question 3.",
        **fields,
    }


def flagged(author: User, **fields: Any) -> Contribution:
    return submit(author=author, kind="flag", payload=flag(**fields), sign_off=True)


def upheld(author: User, reviewer: User, maintainer: User) -> Contribution:
    contribution = approved(flagged(author), reviewer)
    return merge(actor=maintainer, contribution=contribution, head=1)


def state_of(contribution: Contribution) -> str:
    return Dispute.objects.get(number=contribution.pk).state


@pytest.fixture(autouse=True)
def brook(db: None) -> ModelVariant:
    return make_variant("river/brook")


def test_a_flag_is_a_mark_from_the_first_moment(ann: User, brook: ModelVariant) -> None:
    contribution = flagged(ann)
    dispute = Dispute.objects.get(number=contribution.pk)
    assert (dispute.state, dispute.variant, dispute.opened_by) == ("open", brook, ann)
    assert dispute.summary == "Its test questions are in the pool."


def test_merging_upholds_it(ann: User, ben: User, cleo: User) -> None:
    contribution = upheld(ann, ben, cleo)
    dispute = Dispute.objects.get(number=contribution.pk)
    assert (dispute.state, dispute.settled_by) == ("upheld", cleo)
    assert contribution.variant == dispute.variant


def test_closing_and_withdrawing_dismiss_it(ann: User, cleo: User) -> None:
    closed, withdrawn = flagged(ann), flagged(ann, reason="licence")
    close(actor=cleo, contribution=closed, why="It is not.")
    withdraw(actor=ann, contribution=withdrawn)
    assert (state_of(closed), state_of(withdrawn)) == ("dismissed", "dismissed")
    assert Dispute.objects.get(number=closed.pk).settled_by == cleo


def test_a_revised_flag_says_what_its_newest_version_says(ann: User) -> None:
    contribution, pool = flagged(ann), make_dataset("far/pool")
    payload = flag(entry_kind="dataset", entry="far/pool", reason="licence", summary="No licence.")
    revise(actor=ann, contribution=contribution, payload=payload, head=1, note="", sign_off=True)
    dispute = Dispute.objects.get(number=contribution.pk)
    assert (dispute.variant, dispute.dataset, dispute.reason) == (None, pool, "licence")


def test_an_upheld_flag_is_lifted_by_another_contribution(ann: User, ben: User, cleo: User) -> None:
    contribution = upheld(ann, ben, cleo)
    undo = KINDS["flag"].revert(contribution)
    assert undo == ("lift_flag", {"flag": contribution.pk})
    payload = {"flag": contribution.pk, "why": "It was trained anew without it."}
    lift = submit(author=ann, kind="lift_flag", payload=payload, sign_off=True)
    assert state_of(contribution) == "upheld"
    merge(actor=cleo, contribution=approved(lift, ben), head=1)
    dispute = Dispute.objects.get(number=contribution.pk)
    assert (dispute.state, dispute.lifted_number) == ("lifted", lift.pk)
    assert KINDS["flag"].revert(contribution) is None


def test_only_what_stands_upheld_can_be_lifted(ann: User) -> None:
    contribution = flagged(ann)
    with pytest.raises(Refusal) as refused:
        submit(
            author=ann,
            kind="lift_flag",
            payload={"flag": contribution.pk, "why": "Now."},
            sign_off=True,
        )
    assert "no flag that stands upheld" in refused.value.fields["flag"][0]


def test_scores_and_claims_can_be_flagged_and_only_of_their_own_entry(
    ann: User, brook: ModelVariant
) -> None:
    score = make_score(make_checkpoint(brook), make_recipe(), 0.5)
    claim = make_claim(brook)
    for fields in ({"score": score.pk}, {"claim": claim.pk}):
        contribution = flagged(ann, reason="score", **fields)
        dispute = Dispute.objects.get(number=contribution.pk)
        assert {"score": dispute.score_id, "claim": dispute.claim_id}.items() >= fields.items()
    other = make_score(make_checkpoint(), make_recipe(), 0.5)
    for bad in ({"score": other.pk}, {"claim": 10**9}, {"entry": "river/dry"}):
        with pytest.raises(Refusal) as refused:
            flagged(ann, **bad)
        assert list(refused.value.fields) == list(bad)


def test_links_prepare_the_form(ann: User, brook: ModelVariant) -> None:
    score = make_score(make_checkpoint(brook), make_recipe(), 0.5)
    claim = make_claim(brook)
    prepare = KINDS["flag"].prepare
    entry = {"entry_kind": "variant", "entry": "river/brook"}
    assert prepare({"variant": "river/brook"}) == entry
    assert prepare({"run": str(score.run_id)}) == {**entry, "score": score.pk}
    assert prepare({"claim": str(claim.pk)}) == {**entry, "claim": claim.pk}
    assert prepare({"dataset": "far/pool"}) == {"entry_kind": "dataset", "entry": "far/pool"}
    assert prepare({"claim": "9" * 40})["claim"] == "9" * 40
    for query in ("variant=river/brook", f"run={score.run_id}", "claim=nonsense", "run=²"):
        assert signed_in(ann).get(f"/submit/flag/?{query}").status_code == 200


def test_whoever_brought_an_entry_judges_no_flag_on_it(
    ann: User, ben: User, cleo: User, dora: User, brook: ModelVariant
) -> None:
    owner = make_user("owner", Role.MAINTAINER)
    Contribution.objects.create(
        kind="add_variant", title="Add", subject="river/brook", author=owner, state="merged"
    )
    contribution = flagged(ann)
    assert not permissions.reviews(owner, contribution)
    assert not permissions.may_merge(owner, contribution)
    assert not permissions.may_close(owner, contribution)
    with pytest.raises(PermissionDenied):
        review(reviewer=owner, contribution=contribution, head=1, verdict="approve")
    with pytest.raises(PermissionDenied):
        close(actor=owner, contribution=contribution, why="No.")
    approved(contribution, ben)
    with pytest.raises(PermissionDenied):
        merge(actor=owner, contribution=contribution, head=1)
    assert state_of(contribution) == "open"
    assert permissions.may_merge(cleo, contribution)


def test_whoever_reported_a_number_judges_no_flag_on_it(ann: User, brook: ModelVariant) -> None:
    reporter = make_user("reporter", Role.MAINTAINER)
    claim = make_claim(brook, actor=reporter)
    contribution = flagged(ann, reason="score", claim=claim.pk)
    assert not permissions.may_merge(reporter, contribution)
    assert permissions.maintains(reporter, contribution)
