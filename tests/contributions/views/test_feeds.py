"""Atom feeds, held against RFC 4287 by an XML parser."""

from datetime import datetime
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from contributions.actions._events import happened
from contributions.actions.comment import comment
from contributions.actions.edit_comment import edit_comment
from contributions.actions.merge import merge
from contributions.models import Check, Contribution, Hold
from hub.models import FormerName, User
from tests.contributions.stories import approved, submitted
from tests.factories import (
    make_board,
    make_checkpoint,
    make_dataset,
    make_recipe,
    make_score,
    make_variant,
)
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def address(settings: Settings) -> None:
    settings.SITE_URL = "https://hub.example.org"


def read(client: Client, path: str) -> ET.Element:
    """The feed, after the rules that every feed has to keep."""
    response = client.get(path)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(response.content)  # noqa: S314 our own
    assert feed.tag == f"{ATOM}feed"
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"https://hub.example.org{path}"
    assert str(links["alternate"]).startswith("https://hub.example.org/")
    ids = [text(feed, "id"), *(text(entry, "id") for entry in entries(feed))]
    assert len(ids) == len(set(ids))
    assert all(each.startswith("tag:hub.example.org,2026:") for each in ids)
    for thing in (feed, *entries(feed)):
        assert datetime.fromisoformat(text(thing, "updated")).tzinfo
        assert text(thing, "title")
        assert thing.find(f"{ATOM}author/{ATOM}name") is not None
    newest = [text(entry, "updated") for entry in entries(feed)]
    if newest:
        assert text(feed, "updated") == max(newest)
    return feed


def entries(feed: ET.Element) -> list[ET.Element]:
    return feed.findall(f"{ATOM}entry")


def text(thing: ET.Element, name: str) -> str:
    found = thing.find(f"{ATOM}{name}")
    assert found is not None, name
    return found.text or ""


def titles(client: Client, path: str) -> list[str]:
    return [text(entry, "title") for entry in entries(read(client, path))]


def test_the_list_as_a_feed_takes_its_filters(client: Client, ann: User, ben: User) -> None:
    first, second = submitted(ann), submitted(ben, "sea/salt")
    assert titles(client, "/feeds/contributions/") == [
        f"#{second.pk} {second.title} (open)",
        f"#{first.pk} {first.title} (open)",
    ]
    assert len(titles(client, "/feeds/contributions/?author=ann")) == 1
    assert titles(client, "/feeds/contributions/?state=merged") == []


def test_a_timeline_as_a_feed_links_to_each_step(client: Client, ann: User, ben: User) -> None:
    contribution = submitted(ann)
    comment(author=ben, contribution=contribution, body="Is *this* <b>it</b>?")
    feed = read(client, f"/feeds/contributions/{contribution.pk}/")
    newest, oldest = entries(feed)
    assert (text(newest, "title"), text(oldest, "title")) == ("ben commented", "ann opened this")
    assert "<em>this</em> &lt;b&gt;" in text(newest, "summary")
    link = newest.find(f"{ATOM}link")
    assert link is not None
    assert f"/contributions/{contribution.pk}/#event-" in str(link.get("href"))


def test_what_is_held_or_cannot_stand_in_xml_is_left_out(
    client: Client, ann: User, sam: User
) -> None:
    contribution = submitted(ann)
    Contribution.objects.filter(pk=contribution.pk).update(title="A \x0bbell \x07<&\ufffe")
    said = comment(author=sam, contribution=contribution, body="Buy this.")
    Hold.objects.filter(comment=said).delete()
    Hold.objects.create(comment=said, why="links of a new account")
    assert titles(client, f"/feeds/contributions/{contribution.pk}/") == ["ann opened this"]
    assert titles(client, "/feeds/contributions/") == [f"#{contribution.pk} A bell <& (open)"]


def test_merges_and_the_history_of_an_entry_are_feeds(
    client: Client, ann: User, ben: User, cleo: User
) -> None:
    contribution = approved(submitted(ann), ben)
    assert titles(client, "/feeds/merged/") == []
    merge(actor=cleo, contribution=contribution, head=1)
    assert titles(client, "/feeds/merged/") == [contribution.title]
    comment(author=ben, contribution=contribution, body="Not a milestone.")
    about = f"(#{contribution.pk} {contribution.title})"
    assert titles(client, "/feeds/variants/headwaters/brook/") == [
        f"cleo merged version 1 {about}",
        f"ann opened this {about}",
    ]
    make_dataset("headwaters/pool")
    assert titles(client, "/feeds/datasets/headwaters/pool/") == []


def test_a_board_moves_run_by_run(client: Client, ann: User) -> None:
    recipes = [make_recipe(), make_recipe()]
    board = make_board("rivers", recipes)
    for name in ("sea/salt", "sea/foam"):
        make_score(make_checkpoint(make_variant(name)), recipes[0], 0.5)
    (newest, _) = titles(client, "/feeds/boards/rivers/")
    assert newest == "sea/foam was measured, not ranked while a score is missing"
    assert titles(client, f"/feeds/boards/{make_board('empty').slug}/") == []
    assert board.size == 0


def test_a_reader_that_has_it_already_gets_nothing(client: Client, ann: User) -> None:
    contribution = submitted(ann)
    path = f"/feeds/contributions/{contribution.pk}/"
    first = client.get(path)
    etag, modified = first["ETag"], first["Last-Modified"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(path, headers={"If-Modified-Since": modified}).status_code == 304
    comment(author=ann, contribution=contribution, body="One more.")
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200
    assert "max-age" in first["Cache-Control"]


def test_pages_name_their_feeds(client: Client, ann: User) -> None:
    contribution, variant = submitted(ann), make_variant()
    dataset, board = make_dataset(), make_board()
    named = {
        "/contributions/?author=ann": "/feeds/contributions/?author=ann",
        contribution.get_absolute_url(): f"/feeds/contributions/{contribution.pk}/",
        variant.get_absolute_url(): f"/feeds{variant.get_absolute_url()}",
        dataset.get_absolute_url(): f"/feeds{dataset.get_absolute_url()}",
        board.get_absolute_url(): f"/feeds/boards/{board.slug}/",
    }
    for page, feed in named.items():
        html = client.get(page).content.decode()
        assert 'type="application/atom+xml"' in html
        assert f'href="{feed}"' in html
        assert client.get(feed).status_code == 200


def test_a_feed_costs_the_same_for_many_as_for_few(client: Client, ann: User) -> None:
    contribution = submitted(ann)
    path = f"/feeds/contributions/{contribution.pk}/"

    def more() -> None:
        for number in range(15):
            comment(author=ann, contribution=contribution, body=f"Word {number}.")
            submitted(ann, f"sea/salt-{number}")

    assert_constant_queries(lambda: (client.get(path), client.get("/feeds/contributions/")), more)


def test_an_edited_comment_is_an_entry_that_changed(client: Client, ann: User) -> None:
    contribution = submitted(ann)
    said = comment(author=ann, contribution=contribution, body="Frist.")
    path = f"/feeds/contributions/{contribution.pk}/"
    etag = client.get(path)["ETag"]
    (before, _) = entries(read(client, path))
    edit_comment(actor=ann, comment=said, body="First, <script>alert(1)</script>.")
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200
    (after, _) = entries(read(client, path))
    assert text(after, "id") == text(before, "id")
    assert text(after, "updated") > text(before, "updated")
    assert "First" in text(after, "summary")
    assert "<script" not in text(after, "summary")


def test_checks_that_went_well_do_not_fill_a_feed(client: Client, ann: User) -> None:
    contribution = submitted(ann)
    check = Check.objects.filter(version__contribution=contribution, name="card").get()
    for state in ("passed", "warning", "failed"):
        happened(
            contribution=contribution, verb="checked", actor=None, to_state=state, checked=check
        )
    (newest, opened) = titles(client, f"/feeds/contributions/{contribution.pk}/")
    assert ("failed" in newest, opened) == (True, "ann opened this")


def test_a_filter_that_makes_no_sense_is_refused(client: Client, ann: User) -> None:
    submitted(ann)
    assert client.get("/feeds/contributions/?state=nonsense").status_code == 400
    assert titles(client, "/feeds/contributions/?state=merged") == []


def test_a_reader_that_follows_a_former_name_is_sent_to_the_new_one(client: Client) -> None:
    variant = make_variant("sea/salt")
    FormerName.objects.create(variant=variant, owner="lake", name="salt")
    for old in ("/feeds/variants/lake/salt/", "/feeds/variants/Sea/SALT/"):
        assert client.get(old)["Location"] == "/feeds/variants/sea/salt/"
    assert client.get("/feeds/variants/sea/pepper/").status_code == 404
