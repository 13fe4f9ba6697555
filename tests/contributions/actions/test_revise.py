import pytest
from django.core.exceptions import PermissionDenied

from contributions.actions.review import review
from contributions.actions.revise import revise
from contributions.models import Contribution
from contributions.models.contribution import Outdated, Settled
from contributions.requirements import merge_requirements
from hub.models import User
from hub.refusal import Refusal
from tests.contributions.stories import (
    approved,
    head_checks,
    pass_checks,
    submitted,
    variant_payload,
)
from tests.factories import make_variant

pytestmark = pytest.mark.django_db


def change(author: User, contribution: Contribution, head: int = 1, **fields: object) -> None:
    payload = variant_payload(contribution.subject, **(fields or {"summary": "Better."}))
    revise(
        actor=author,
        contribution=contribution,
        payload=payload,
        note="Better",
        head=head,
        sign_off=True,
    )


def test_a_new_version_lapses_approvals_and_starts_new_checks(
    ann: User, ben: User, brook: Contribution
) -> None:
    approved(brook, ben)
    change(ann, brook)
    assert (brook.state, brook.head, brook.versions.count()) == ("open", 2, 2)
    assert {check.state for check in head_checks(brook).values()} == {"queued"}
    unmet = {item.code for item in merge_requirements(brook) if not item.met}
    assert "approval" in unmet
    assert "check:origin" in unmet
    event = brook.events.get(verb="revised")
    assert (event.verb, event.from_state, event.to_state, event.version_number, event.why) == (
        "revised",
        "approved",
        "open",
        2,
        "Better",
    )


def test_a_request_for_changes_is_answered_by_a_new_version(
    ann: User, ben: User, brook: Contribution
) -> None:
    review(reviewer=ben, contribution=brook, head=1, verdict="request_changes", body="Why?")
    assert brook.state == "changes_requested"
    change(ann, brook)
    assert brook.state == "open"


def test_only_the_author_revises(cleo: User, brook: Contribution) -> None:
    with pytest.raises(PermissionDenied):
        change(cleo, brook)


def test_a_revision_of_an_older_version_is_told_of_the_newer(
    ann: User, brook: Contribution
) -> None:
    change(ann, brook)
    with pytest.raises(Outdated, match="Version 2 of"):
        change(ann, brook, head=1, summary="Other.")
    assert brook.versions.count() == 2


def test_the_same_again_is_no_version(ann: User, brook: Contribution) -> None:
    payload = brook.versions.get().payload
    with pytest.raises(Refusal) as refused:
        revise(actor=ann, contribution=brook, payload=payload, note="", head=1, sign_off=True)
    brook.refresh_from_db()
    assert (refused.value.code, brook.head) == ("unchanged", 1)


def test_what_has_ended_is_not_revised(ann: User, cleo: User, brook: Contribution) -> None:
    brook.move_on("closed")
    with pytest.raises(Settled, match="was closed"):
        change(ann, brook)


def test_another_address_must_be_free_too(ann: User, sam: User, brook: Contribution) -> None:
    submitted(sam, "headwaters/creek")
    make_variant("headwaters/river")
    with pytest.raises(Refusal) as taken:
        change(ann, brook, name="creek")
    with pytest.raises(Refusal) as here:
        change(ann, brook, name="river")
    assert (taken.value.code, here.value.code) == ("already_open", "already_here")
    change(ann, brook, name="rill")
    assert (brook.subject, brook.title) == ("headwaters/rill", "Add headwaters/rill")


def test_checks_of_the_first_version_are_left_as_they_were(ann: User, brook: Contribution) -> None:
    pass_checks(brook)
    change(ann, brook)
    assert set(brook.versions.get(number=1).checks.values_list("state", flat=True)) == {"passed"}
