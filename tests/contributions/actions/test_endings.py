"""Close, withdraw, comment."""

import pytest
from django.core.exceptions import PermissionDenied

from contributions.actions.close import close
from contributions.actions.comment import comment
from contributions.actions.withdraw import withdraw
from contributions.models import Contribution
from contributions.models.contribution import Settled
from hub.models import User
from hub.refusal import Refusal
from tests.contributions.stories import submitted
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_maintainer_closes_and_says_why(cleo: User, brook: Contribution) -> None:
    close(actor=cleo, contribution=brook, why="Not a model.")
    event = brook.events.last()
    assert event is not None
    assert (brook.state, event.verb, event.from_state, event.why) == (
        "closed",
        "closed",
        "open",
        "Not a model.",
    )


def test_closing_needs_a_reason_and_a_maintainer(
    ann: User, ben: User, cleo: User, brook: Contribution
) -> None:
    with pytest.raises(Refusal) as refused:
        close(actor=cleo, contribution=brook, why=" ")
    assert "why" in refused.value.fields
    for person in (ann, ben):
        with pytest.raises(PermissionDenied):
            close(actor=person, contribution=brook, why="So.")


def test_the_author_withdraws_and_nobody_else(ann: User, cleo: User, brook: Contribution) -> None:
    with pytest.raises(PermissionDenied):
        withdraw(actor=cleo, contribution=brook)
    withdraw(actor=ann, contribution=brook, why="Mistake.")
    assert brook.state == "withdrawn"


def test_the_end_is_the_end_and_the_second_hears_of_the_first(
    ann: User, cleo: User, brook: Contribution
) -> None:
    withdraw(actor=ann, contribution=brook)
    with pytest.raises(Settled, match="withdrawn by ann already"):
        close(actor=cleo, contribution=brook, why="Late.")
    with pytest.raises(Settled):
        withdraw(actor=ann, contribution=brook)


def test_everybody_with_an_account_comments_also_after_the_end(
    sam: User, brook: Contribution
) -> None:
    before = brook.updated_at
    brook.move_on("closed")
    said = comment(author=sam, contribution=brook, body=" Pity. ")
    brook.refresh_from_db()
    event = brook.events.last()
    assert event is not None
    assert (said.body, event.verb, event.comment) == ("Pity.", "commented", said)
    assert brook.updated_at > before


@pytest.mark.parametrize("body", ["", "  \n", "x" * 20_001, "a\x00b"])
def test_a_comment_says_something_and_ends(sam: User, brook: Contribution, body: str) -> None:
    with pytest.raises(Refusal) as refused:
        comment(author=sam, contribution=brook, body=body)
    assert "body" in refused.value.fields


def test_whoever_left_neither_comments_nor_withdraws(brook: Contribution) -> None:
    gone = make_user(is_active=False)
    with pytest.raises(PermissionDenied):
        comment(author=gone, contribution=brook, body="Hi")
    own = submitted(make_user("eve"), "headwaters/rill")
    own.author.is_active = False
    own.author.save(update_fields=["is_active"])
    with pytest.raises(PermissionDenied):
        withdraw(actor=own.author, contribution=own)
