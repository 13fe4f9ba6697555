"""What people do on a contribution's page: who may, what is refused and why, and that text is kept."""

from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from contributions.actions.close import close
from contributions.actions.revise import revise
from contributions.models import Check, Contribution, Review
from hub.models import User
from tests.conftest import signed_in
from tests.contributions.stories import approved, pass_checks, submitted, variant_payload
from tests.factories import PASSWORD

MOVES = {
    "contribution_say": {"say": "approve", "head": "1", "body": "Mine to say"},
    "contribution_merge": {"head": "1"},
    "contribution_close": {"why": "Because"},
    "contribution_withdraw": {"why": "Because"},
}
# move -> who may
ALLOWED = {
    "contribution_say": {"ben", "cleo"},
    "contribution_merge": {"cleo"},
    "contribution_close": {"cleo"},
    "contribution_withdraw": {"ann"},
}


def url(name: str, contribution: Contribution, *more: str) -> str:
    return reverse(name, args=[contribution.number, *more])


def say(client: Client, contribution: Contribution, **fields: str) -> tuple[int, str]:
    answer = client.post(url("contribution_say", contribution), fields)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("who", ["sam", "ann", "ben", "cleo"])
def test_only_those_who_may_do(
    move: str, who: str, brook: Contribution, sam: User, ann: User, ben: User, cleo: User
) -> None:
    approved(brook, ben)
    person = {"sam": sam, "ann": ann, "ben": ben, "cleo": cleo}[who]
    answer = signed_in(person).post(url(move, brook), MOVES[move])
    assert answer.status_code == (302 if who in ALLOWED[move] else 403)


@pytest.mark.parametrize("move", MOVES)
def test_strangers_sign_in_and_come_back_to_the_page(
    move: str, client: Client, brook: Contribution
) -> None:
    answer = client.post(url(move, brook), MOVES[move])
    after = urlencode({"next": f"{brook.get_absolute_url()}#say"}, safe="/")
    assert answer["Location"] == f"/accounts/login/?{after}"
    assert client.get(url(move, brook)).status_code == 405


def test_a_comment_is_kept_over_signing_in(client: Client, brook: Contribution, sam: User) -> None:
    answer = client.post(url("contribution_say", brook), {"say": "comment", "body": "A long one"})
    client.post(answer["Location"], {"login": "sam", "password": PASSWORD})
    assert "A long one</textarea>" in client.get(brook.get_absolute_url()).content.decode()


def test_a_comment_appears_and_an_empty_one_does_not(brook: Contribution, sam: User) -> None:
    client = signed_in(sam)
    assert say(client, brook, say="comment", body="Well *said*.")[0] == 302
    assert "<em>said</em>" in client.get(brook.get_absolute_url()).content.decode()
    status, page = say(client, brook, say="comment", body=" ")
    assert status == 422
    assert "Write something first." in page
    assert brook.comments.count() == 1


def test_a_request_for_changes_says_which(brook: Contribution, ben: User) -> None:
    client = signed_in(ben)
    status, page = say(client, brook, say="request_changes", head="1", body="")
    assert (status, "Say what has to change." in page) == (422, True)
    assert say(client, brook, say="request_changes", head="1", body="The licence.")[0] == 302
    brook.refresh_from_db()
    assert brook.state == "changes_requested"


def test_a_verdict_that_is_none_is_refused_with_the_text(brook: Contribution, ben: User) -> None:
    status, page = say(signed_in(ben), brook, say="bless", head="1", body="My words")
    assert status == 422
    assert "My words</textarea>" in page
    assert not Review.objects.exists()


def test_a_verdict_on_what_was_replaced_meanwhile_is_explained_and_kept(
    brook: Contribution, ben: User, ann: User
) -> None:
    revise(
        actor=ann,
        contribution=brook,
        payload=variant_payload(licence="mit"),
        note="",
        head=1,
        sign_off=True,
    )
    status, page = say(signed_in(ben), brook, say="approve", head="1", body="My long review")
    assert status == 409
    assert "Version 2 of #" in page
    assert "replaced version 1, which you read" in page
    assert "My long review</textarea>" in page
    assert 'name="head" value="2"' in page
    assert not Review.objects.exists()


def test_a_verdict_after_the_end_is_explained_and_kept(
    brook: Contribution, ben: User, cleo: User
) -> None:
    close(actor=cleo, contribution=brook, why="Gone.")
    status, page = say(signed_in(ben), brook, say="approve", head="1", body="My review")
    assert status == 409
    assert "was closed by cleo already" in page
    assert "My review</textarea>" in page


def test_an_author_does_not_approve_their_own(ben: User) -> None:
    own = submitted(ben, "millrace/own")
    status, page = say(signed_in(ben), own, say="approve", head="1", body="Fine by me")
    assert status == 403
    assert "never what they had a part in" in page
    assert "Fine by me</textarea>" in page


def test_merging_publishes(brook: Contribution, ben: User, cleo: User) -> None:
    approved(brook, ben)
    answer = signed_in(cleo).post(url("contribution_merge", brook), {"head": "1"}, follow=True)
    assert "headwaters/brook is in the catalogue" in answer.content.decode()


def test_merging_too_early_says_what_is_missing(brook: Contribution, cleo: User) -> None:
    answer = signed_in(cleo).post(url("contribution_merge", brook), {"head": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This cannot be merged yet." in page
    assert "has to approve version 1" in page


@pytest.mark.parametrize("head", ["", "0", "x", "7"])
def test_a_merge_names_the_version_that_was_read(
    brook: Contribution, ben: User, cleo: User, head: str
) -> None:
    approved(brook, ben)
    answer = signed_in(cleo).post(url("contribution_merge", brook), {"head": head})
    assert answer.status_code == 409
    brook.refresh_from_db()
    assert brook.state == "approved"


def test_closing_needs_a_reason_beside_its_field(brook: Contribution, cleo: User) -> None:
    client = signed_in(cleo)
    page = client.post(url("contribution_close", brook), {"why": ""}).content.decode()
    assert "Say why: the author and later readers want to know." in page
    assert 'id="close_why_error"' in page
    assert '<details class="fold" open>' in page
    client.post(url("contribution_close", brook), {"why": "It is gone."})
    brook.refresh_from_db()
    assert brook.state == "closed"


def test_author_and_maintainer_run_a_check_again(
    brook: Contribution, ann: User, cleo: User, sam: User, ben: User
) -> None:
    pass_checks(brook)
    again = url("contribution_rerun", brook, "licence")
    for person in (sam, ben):
        assert signed_in(person).post(again).status_code == 403
    assert signed_in(ann).post(again).status_code == 302
    assert Check.objects.get(name="licence").state == "queued"
    answer = signed_in(cleo).post(again)
    assert answer.status_code == 409
    assert signed_in(cleo).post(url("contribution_rerun", brook, "nonsense")).status_code == 404


def test_nothing_is_changed_by_reading(brook: Contribution, cleo: User) -> None:
    client = signed_in(cleo)
    for move in MOVES:
        assert client.get(url(move, brook)).status_code == 405
    assert client.get(url("contribution_rerun", brook, "origin")).status_code == 405
