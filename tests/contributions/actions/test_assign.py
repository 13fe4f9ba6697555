import pytest
from django.core.exceptions import PermissionDenied

from contributions.actions.assign import assign
from contributions.actions.review import review
from contributions.actions.revise import revise
from contributions.actions.unassign import unassign
from contributions.models import Contribution
from contributions.models.contribution import Settled
from hub.models import User
from hub.models.user import Role
from hub.refusal import Refusal
from tests.contributions.stories import submitted, variant_payload
from tests.factories import make_scope, make_user

pytestmark = pytest.mark.django_db


def asked(contribution: Contribution) -> list[str]:
    return [one.reviewer.username for one in contribution.assignments.all()]


def test_a_maintainer_asks_and_the_timeline_says_whom(
    ben: User, cleo: User, brook: Contribution
) -> None:
    assign(actor=cleo, contribution=brook, reviewer=ben)
    event = brook.events.last()
    assert event is not None
    assert (asked(brook), event.verb, event.actor, event.person) == (["ben"], "assigned", cleo, ben)


def test_a_reviewer_asks_themselves_and_lets_it_go(ben: User, brook: Contribution) -> None:
    assign(actor=ben, contribution=brook, reviewer=ben)
    unassign(actor=ben, contribution=brook, reviewer=ben)
    assert asked(brook) == []
    assert [e.verb for e in brook.events.all()][-2:] == ["assigned", "unassigned"]


def test_the_author_asks_only_those_who_are_suggested(
    ann: User, ben: User, dora: User, brook: Contribution
) -> None:
    """Where somebody looks after it by scope, other reviewers of the hub are not suggested."""
    assert brook.group is not None
    keeper = make_user()
    make_scope(brook.group, keeper)
    assign(actor=ann, contribution=brook, reviewer=keeper)
    with pytest.raises(PermissionDenied):
        assign(actor=ann, contribution=submitted(ann, "headwaters/rill"), reviewer=ben)
    assert asked(brook) == [keeper.username]


def test_who_may_not_review_is_not_asked(
    ann: User, sam: User, cleo: User, brook: Contribution
) -> None:
    program = make_user(role=Role.REVIEWER, is_bot=True)
    for person in (ann, sam, program):
        with pytest.raises(Refusal) as refused:
            assign(actor=cleo, contribution=brook, reviewer=person)
        assert refused.value.code == "cannot_review"


def test_a_stranger_asks_nobody_and_releases_nobody(
    sam: User, ben: User, cleo: User, brook: Contribution
) -> None:
    with pytest.raises(PermissionDenied):
        assign(actor=sam, contribution=brook, reviewer=ben)
    assign(actor=cleo, contribution=brook, reviewer=ben)
    with pytest.raises(PermissionDenied):
        unassign(actor=sam, contribution=brook, reviewer=ben)


def test_nobody_is_asked_twice_or_released_twice(
    ben: User, cleo: User, dora: User, brook: Contribution
) -> None:
    assign(actor=cleo, contribution=brook, reviewer=ben)
    with pytest.raises(Refusal, match="cleo asked ben already"):
        assign(actor=dora, contribution=brook, reviewer=ben)
    unassign(actor=cleo, contribution=brook, reviewer=ben)
    with pytest.raises(Refusal, match="Nobody waits"):
        unassign(actor=cleo, contribution=brook, reviewer=ben)


def test_what_has_ended_waits_for_nobody(ben: User, cleo: User, brook: Contribution) -> None:
    brook.move_on("withdrawn")
    with pytest.raises(Settled):
        assign(actor=cleo, contribution=brook, reviewer=ben)


def test_who_judges_is_waited_for_no_more(ben: User, cleo: User, brook: Contribution) -> None:
    assign(actor=cleo, contribution=brook, reviewer=ben)
    review(reviewer=ben, contribution=brook, head=1, verdict="approve")
    assert asked(brook) == []


def test_a_new_version_asks_those_again_whose_word_lapsed(
    ann: User, ben: User, cleo: User, brook: Contribution
) -> None:
    review(reviewer=ben, contribution=brook, head=1, verdict="approve")
    payload = variant_payload(summary="Better.")
    revise(actor=ann, contribution=brook, payload=payload, note="", head=1, sign_off=True)
    assert asked(brook) == ["ben"]
    event = brook.events.get(verb="assigned")
    assert (event.person, event.version_number) == (ben, 2)
    assert event.why == "Their approval was about version 1 and has lapsed."
    # Released and not asked by anybody: the next version leaves them in peace.
    unassign(actor=ben, contribution=brook, reviewer=ben)
    payload = variant_payload(summary="Best.")
    revise(actor=ann, contribution=brook, payload=payload, note="", head=2, sign_off=True)
    assert asked(brook) == []
