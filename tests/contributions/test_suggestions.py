import pytest

from contributions.actions.assign import assign
from contributions.actions.review import review
from contributions.models import Contribution
from contributions.suggestions import suggest_reviewers
from hub.models import User
from hub.models.user import Role
from tests.contributions.stories import submitted
from tests.factories import make_scope, make_user

pytestmark = pytest.mark.django_db


def suggested(contribution: Contribution) -> list[str]:
    return [one.person.username for one in suggest_reviewers(contribution)]


def test_scopes_that_fit_are_suggested_and_others_not(ann: User, brook: Contribution) -> None:
    group = brook.group
    assert group is not None
    make_scope(group, make_user("all"))
    make_scope(group, make_user("ours"), owner="Headwaters", kinds=["add_variant"])
    make_scope(group, make_user("theirs"), owner="sea")
    make_scope(group, make_user("data"), kinds=["add_dataset"])
    make_scope(group, make_user("gone", is_active=False))
    make_scope(group, make_user("program", is_bot=True))
    make_scope(group, ann)
    assert suggested(brook) == ["all", "ours"]
    assert [one.why for one in suggest_reviewers(brook)] == [
        "reviewer of the group",
        "looks after Headwaters",
    ]


def test_who_knows_it_from_earlier_work_is_suggested_with_the_work(
    ann: User, ben: User, dora: User
) -> None:
    spring = submitted(ann, "springs/source")
    review(reviewer=ben, contribution=spring, head=1, verdict="approve")
    edges = [{"parent_name": "Springs/Source", "relation": "finetune", "is_dataset": False}]
    found = suggest_reviewers(submitted(ann, "headwaters/brook", edges=edges))
    assert [(one.person, one.why) for one in found] == [
        (ben, f"reviewed #{spring.pk} about springs/source")
    ]


def test_a_member_without_a_scope_is_not_suggested_whatever_they_know(
    sam: User, ben: User, ann: User
) -> None:
    submitted(sam, "headwaters/creek")
    assert suggested(submitted(ann, "headwaters/brook")) == ["ben"]


def test_those_with_least_waiting_come_first(ann: User, cleo: User) -> None:
    busy, free = make_user("busy", Role.REVIEWER), make_user("free", Role.REVIEWER)
    assign(actor=cleo, contribution=submitted(ann, "headwaters/creek"), reviewer=busy)
    found = suggest_reviewers(submitted(ann, "sea/salt"))
    assert [(one.person, one.waiting) for one in found] == [(cleo, 0), (free, 0), (busy, 1)]


def test_who_was_asked_or_has_judged_is_not_suggested(
    ben: User, cleo: User, dora: User, brook: Contribution
) -> None:
    assign(actor=cleo, contribution=brook, reviewer=ben)
    review(reviewer=cleo, contribution=brook, head=1, verdict="approve")
    assert suggested(brook) == ["dora"]
