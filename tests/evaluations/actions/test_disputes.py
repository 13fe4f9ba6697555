"""Disputes move once, in the open, and nothing is deleted by them."""

import pytest
from django.db import IntegrityError

from evaluations.actions.lift_dispute import lift_dispute
from evaluations.actions.open_dispute import open_dispute
from evaluations.actions.settle_dispute import settle_dispute
from evaluations.models import Dispute
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.evaluations.claiming import make_claim
from tests.factories import (
    make_checkpoint,
    make_dataset,
    make_recipe,
    make_score,
    make_variant,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db

SUMMARY = "It was trained on the test split."


def opened(actor: User, number: int = 1, **more: object) -> Dispute:
    about = {"entry": make_variant(), "reason": "contamination", "summary": SUMMARY, **more}
    return open_dispute(actor=actor, number=number, **about)  # type: ignore[arg-type]


def test_a_dispute_is_about_a_variant_a_dataset_a_score_or_a_claim(ann: User) -> None:
    variant, dataset = make_variant(), make_dataset()
    score = make_score(make_checkpoint(variant), make_recipe(), 0.5)
    claim = make_claim(variant)
    assert opened(ann, 1, entry=variant).variant == variant
    assert opened(ann, 2, entry=dataset).dataset == dataset
    assert opened(ann, 3, entry=variant, score=score, reason="score").score == score
    assert opened(ann, 4, entry=variant, claim=claim, reason="score").claim == claim
    assert set(Dispute.objects.values_list("state", flat=True)) == {"open"}


def test_a_number_of_something_else_is_refused(ann: User) -> None:
    score = make_score(make_checkpoint(), make_recipe(), 0.5)
    with pytest.raises(Refusal, match="That score is not one of") as refused:
        opened(ann, score=score)
    assert "score" in refused.value.fields
    with pytest.raises(Refusal, match="That claim is not one of"):
        opened(ann, entry=make_dataset(), claim=make_claim())
    with pytest.raises(Refusal, match="Choose one of contamination"):
        opened(ann, reason="envy")


def test_one_contribution_argues_one_dispute(ann: User) -> None:
    opened(ann, 1)
    with pytest.raises(IntegrityError):
        opened(ann, 1)


def test_what_is_upheld_can_be_lifted_and_all_of_it_stays_readable(ann: User, cleo: User) -> None:
    before = opened(ann, 5)
    dispute = settle_dispute(actor=cleo, number=5, upheld=True)
    assert (dispute.state, dispute.settled_by) == ("upheld", cleo)
    assert dispute.settled_at is not None
    assert dispute.changed_at > before.changed_at
    lifted = lift_dispute(dispute=dispute, by=9)
    assert (lifted.state, lifted.lifted_number, lifted.settled_by) == ("lifted", 9, cleo)
    assert Dispute.objects.get(number=5).summary == SUMMARY


def test_what_is_settled_is_not_settled_again(ann: User, cleo: User) -> None:
    opened(ann, 5)
    dismissed = settle_dispute(actor=cleo, number=5, upheld=False)
    with pytest.raises(IllegalMove):
        settle_dispute(actor=cleo, number=5, upheld=True)
    with pytest.raises(IllegalMove):
        lift_dispute(dispute=dismissed, by=9)
    assert Dispute.objects.get(number=5).state == "dismissed"


@pytest.mark.django_db(transaction=True)
def test_of_many_who_settle_at_once_one_does(ann: User, cleo: User) -> None:
    opened(ann, 5)

    def settle(number: int) -> str:
        try:
            return settle_dispute(actor=cleo, number=5, upheld=number % 2 == 0).state
        except IllegalMove:
            return "late"

    outcomes = at_once(6, settle)
    assert outcomes.count("late") == 5
    assert Dispute.objects.get(number=5).state in set(outcomes) - {"late"}
