"""What one person may send in a while, and that a flood from many connections gets exactly that."""

import pytest
from pytest_django.fixtures import Settings

from contributions.actions.comment import comment
from contributions.models import Contribution, Version
from contributions.quota import is_new
from hub.models import User
from hub.refusal import Refusal
from tests.contributions.stories import submitted
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_submissions_against_a_quota_of_five_give_exactly_five(
    ann: User, settings: Settings
) -> None:
    settings.QUOTA_SUBMISSIONS_NEW = 5

    def send(number: int) -> str:
        try:
            submitted(User.objects.get(pk=ann.pk), f"flood/drop-{number}")
        except Refusal as refusal:
            return refusal.code
        return "sent"

    outcomes = at_once(20, send)
    assert (outcomes.count("sent"), outcomes.count("quota")) == (5, 15)
    assert (Contribution.objects.count(), Version.objects.count()) == (5, 5)


@pytest.mark.django_db(transaction=True)
def test_parallel_comments_get_exactly_their_quota(
    ann: User, sam: User, settings: Settings
) -> None:
    settings.QUOTA_COMMENTS = 4
    contribution = submitted(ann)

    def say(number: int) -> bool:
        try:
            comment(author=sam, contribution=contribution, body=f"Word {number}.")
        except Refusal:
            return False
        return True

    assert at_once(12, say).count(True) == 4


def test_one_s_quota_is_nobody_else_s_and_reviewers_have_none(
    ann: User, sam: User, ben: User, settings: Settings
) -> None:
    settings.QUOTA_SUBMISSIONS_NEW = settings.QUOTA_SUBMISSIONS = 1
    submitted(ann, "river/one")
    with pytest.raises(Refusal, match="1 versions within a day"):
        submitted(ann, "river/two")
    submitted(sam, "river/three")
    for number in range(3):
        submitted(ben, f"river/of-ben-{number}")


def test_whoever_had_something_merged_is_new_no_more(ann: User, settings: Settings) -> None:
    assert is_new(ann)
    Contribution.objects.create(kind="x", title="x", subject="a/b", author=ann, state="merged")
    assert not is_new(ann)
    settings.QUOTA_SUBMISSIONS_NEW = 1
    submitted(ann, "river/one")
    submitted(ann, "river/two")


def test_an_old_account_is_new_no_more(ann: User, settings: Settings) -> None:
    settings.NEW_ACCOUNT_DAYS = 0
    assert not is_new(ann)
