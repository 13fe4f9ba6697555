"""Revising through the page."""

import pytest
from django.test import Client

from contributions.actions.revise import revise
from contributions.actions.withdraw import withdraw
from contributions.models import Contribution
from hub.models import User
from tests.conftest import signed_in
from tests.contributions.stories import pass_checks, variant_payload
from tests.contributions.views.posting import typed
from tests.repos import card, host


@pytest.fixture
def url(brook: Contribution) -> str:
    return f"{brook.get_absolute_url()}revise/"


def test_the_form_stands_as_the_newest_version(ann: User, url: str) -> None:
    form = signed_in(ann).get(url).context["form"]
    assert form["summary"].value() == "A tiny model for tests."
    assert form["parameters"].value() == "264"


def test_a_change_is_the_next_version(ann: User, url: str, brook: Contribution) -> None:
    answer = signed_in(ann).post(url, typed(summary="Better.", note="As asked.", head="1"))
    assert answer["Location"] == brook.get_absolute_url()
    newest = brook.versions.get(number=2)
    assert (newest.payload["summary"], newest.note) == ("Better.", "As asked.")


def test_the_same_again_is_refused_and_kept(ann: User, url: str) -> None:
    answer = signed_in(ann).post(url, typed(note="Nothing really", head="1"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "change something first" in page
    assert "Nothing really</textarea>" in page


def test_a_version_from_another_window_is_explained_and_the_text_kept(
    ann: User, url: str, brook: Contribution
) -> None:
    payload = variant_payload(licence="mit")
    revise(actor=ann, contribution=brook, payload=payload, note="", head=1, sign_off=True)
    client = signed_in(ann)
    answer = client.post(url, typed(summary="From the old window", head="1"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "replaced version 1" in page
    assert 'value="From the old window"' in page
    # Decided again, knowing of version 2:
    assert 'name="head" value="2"' in page
    assert client.post(url, typed(summary="From the old window", head="2")).status_code == 302


def test_fetching_takes_the_newest_commit_and_card(
    ann: User, url: str, brook: Contribution, origin: str
) -> None:
    first = host("headwaters/brook")
    payload = variant_payload(revision=first.sha, summary="Ours.")
    revise(actor=ann, contribution=brook, payload=payload, note="", head=1, sign_off=True)
    pass_checks(brook)
    newer = host("headwaters/brook", {"README.md": card("Corrected.")})
    client = signed_in(ann)
    form = client.get(url).context["form"]
    values = {**typed(payload), "fetched": form["fetched"].value(), "fetch": "1"}
    fetched = client.post(url, values).context["form"]
    assert fetched["revision"].value() == newer.sha
    assert "Corrected." in fetched["card_text"].value()
    assert fetched["summary"].value() == "Ours."


@pytest.mark.parametrize("who", ["sam", "ben", "cleo"])
def test_others_may_not(who: str, url: str, sam: User, ben: User, cleo: User) -> None:
    client = signed_in({"sam": sam, "ben": ben, "cleo": cleo}[who])
    assert client.get(url).status_code == 403
    assert client.post(url, typed(summary="Mine now", head="1")).status_code == 403


def test_strangers_sign_in(client: Client, url: str) -> None:
    assert client.get(url)["Location"] == f"/accounts/login/?next={url}"


def test_what_has_ended_is_not_revised(ann: User, url: str, brook: Contribution) -> None:
    withdraw(actor=ann, contribution=brook)
    client = signed_in(ann)
    page = client.get(url, follow=True).content.decode()
    assert "there is nothing to revise" in page
    page = client.post(url, typed(summary="An hour", head="1")).content.decode()
    assert "was withdrawn by ann already" in page
    assert 'value="An hour"' in page
