import pytest
from django.core.exceptions import PermissionDenied

from contributions.actions.review import review
from contributions.models import Contribution
from contributions.models.contribution import Outdated, Settled
from contributions.requirements import merge_requirements
from hub.models import User
from hub.models.user import Role
from hub.refusal import Refusal
from tests.factories import make_scope, make_user

pytestmark = pytest.mark.django_db


def say(reviewer: User, contribution: Contribution, verdict: str, **fields: object) -> None:
    review(reviewer=reviewer, contribution=contribution, verdict=verdict, **{"head": 1, **fields})  # type: ignore[arg-type]


def test_an_approval_and_a_request_move_the_contribution(ben: User, brook: Contribution) -> None:
    say(ben, brook, "approve")
    assert brook.state == "approved"
    say(ben, brook, "request_changes", body="The licence.")
    assert brook.state == "changes_requested"
    moves = [(e.verb, e.from_state, e.to_state) for e in brook.events.all()]
    assert moves[1:] == [
        ("reviewed", "open", "approved"),
        ("reviewed", "approved", "changes_requested"),
    ]


def test_a_second_approval_is_a_review_and_no_move(
    ben: User, cleo: User, brook: Contribution
) -> None:
    say(ben, brook, "approve")
    say(cleo, brook, "approve")
    assert (brook.state, brook.versions.get().reviews.count()) == ("approved", 2)


def test_an_approval_does_not_silence_another_reviewers_request(
    ben: User, cleo: User, brook: Contribution
) -> None:
    say(ben, brook, "request_changes", body="The licence.")
    say(cleo, brook, "approve")
    objections = next(r for r in merge_requirements(brook) if r.code == "objections")
    assert (brook.state, objections.met) == ("approved", False)
    assert "ben" in objections.text


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.MAINTAINER, Role.ADMIN])
def test_nobody_reviews_their_own(role: str) -> None:
    author = make_user(role=role)
    contribution = Contribution.objects.create(
        kind="add_variant", title="Own", subject="a/b", author=author
    )
    with pytest.raises(PermissionDenied):
        say(author, contribution, "approve")


def test_a_member_does_not_review_unless_the_group_is_theirs(
    sam: User, brook: Contribution
) -> None:
    with pytest.raises(PermissionDenied):
        say(sam, brook, "approve")
    assert brook.group is not None
    make_scope(brook.group, sam, "maintainer")
    say(sam, brook, "approve")
    assert brook.state == "approved"


def test_a_review_of_a_replaced_version_is_refused_and_says_so(
    ben: User, brook: Contribution
) -> None:
    Contribution.objects.filter(pk=brook.pk).update(head=2)
    with pytest.raises(Outdated, match="replaced version 1, which you read"):
        say(ben, brook, "approve")
    assert brook.state == "open"


def test_what_has_ended_is_not_reviewed(ben: User, brook: Contribution) -> None:
    brook.move_on("withdrawn")
    with pytest.raises(Settled, match="was withdrawn"):
        say(ben, brook, "approve")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"verdict": "request_changes"}, "body"),
        ({"verdict": "request_changes", "body": "  "}, "body"),
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": "approve", "body": "x" * 20_001}, "body"),
    ],
)
def test_a_request_says_what_and_a_verdict_is_one_of_two(
    ben: User, brook: Contribution, fields: dict[str, str], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        say(ben, brook, **fields)
    assert field in refused.value.fields
