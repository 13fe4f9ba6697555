"""The inbox: what concerns somebody, by contribution, and what of it they have read."""

import pytest
from django.test import Client

from contributions.actions._events import happened
from contributions.actions.announce import announce
from contributions.actions.comment import comment
from contributions.actions.watch import watch
from contributions.inbox import MOST, unread_of
from contributions.models import Contribution, Notification
from hub.models import User
from tests.conftest import signed_in
from tests.contributions.stories import submitted
from tests.factories import make_user
from tests.queries import assert_constant_queries, count_queries

pytestmark = pytest.mark.django_db


def told(contribution: Contribution, *words: str) -> None:
    talker = User.objects.filter(username="talker").first() or make_user("talker")
    for word in words:
        comment(author=talker, contribution=contribution, body=word)
    announce()


def text_of(client: Client, path: str = "/inbox/") -> str:
    return client.get(path).content.decode()


def test_news_stands_under_its_contribution_newest_first(ann: User) -> None:
    first, second = submitted(ann), submitted(ann, "sea/salt")
    told(first, "One word.")
    told(second, "Another.")
    told(first, "A third.")
    response = signed_in(ann).get("/inbox/")
    groups = response.context["groups"]
    assert [(group.contribution, len(group.news)) for group in groups] == [(first, 2), (second, 1)]
    html = response.content.decode()
    assert html.count("talker commented") == 3
    assert "you proposed it" in html
    newest = Notification.objects.latest("pk")
    assert f"/contributions/{first.pk}/#event-{newest.event_id}" in html


def test_an_inbox_is_ones_own(ann: User, sam: User, client: Client) -> None:
    told(submitted(ann), "One word.")
    assert "Nothing is left to read" in text_of(signed_in(sam))
    assert client.get("/inbox/").status_code == 302


def test_opening_a_contribution_reads_its_news_and_no_other(ann: User) -> None:
    first, second = submitted(ann), submitted(ann, "sea/salt")
    told(first, "One word.")
    told(second, "Another.")
    client = signed_in(ann)
    client.get(first.get_absolute_url())
    unread = Notification.objects.filter(read_at=None)
    assert list(unread.values_list("contribution", flat=True)) == [second.pk]
    assert not Notification.objects.filter(contribution=first, mail_due=True).exists()


def test_unread_read_and_all_can_be_asked_for(ann: User) -> None:
    first, second = submitted(ann), submitted(ann, "sea/salt")
    told(first, "One word.")
    told(second, "Another.")
    client = signed_in(ann)
    client.post("/inbox/read/", {"contribution": first.pk})
    shown = [first.title in text_of(client, f"/inbox/{q}") for q in ("", "?show=read", "?show=all")]
    assert shown == [False, True, True]
    assert second.title not in text_of(client, "/inbox/?show=read")
    assert "Nothing here" in text_of(client, "/inbox/?show=all&why=mentioned")


def test_what_came_after_the_page_was_drawn_stays_unread(ann: User) -> None:
    contribution = submitted(ann)
    told(contribution, "One word.", "Another.")
    client = signed_in(ann)
    seen = client.get("/inbox/").context["newest"]
    told(contribution, "A third.")
    client.post("/inbox/read/", {"up_to": seen})
    assert unread_of(ann).count == 1
    client.post("/inbox/read/", {"contribution": contribution.pk, "up_to": seen})
    assert unread_of(ann).count == 1
    client.post("/inbox/read/")
    assert unread_of(ann).count == 0


@pytest.mark.parametrize(
    ("back", "goes"),
    [
        ("/inbox/?show=all", "/inbox/?show=all"),
        ("https://example.org/", "/inbox/"),
        ("//example.org/", "/inbox/"),
        ("", "/inbox/"),
    ],
)
def test_marking_leads_back_and_never_away(ann: User, back: str, goes: str) -> None:
    response = signed_in(ann).post("/inbox/read/", {"back": back})
    assert response["Location"] == goes


def test_the_header_counts_and_stops_counting(ann: User) -> None:
    contribution = submitted(ann)
    told(contribution, "One word.")
    client = signed_in(ann)
    assert 'aria-label="Inbox, 1 unread"' in text_of(client)
    event = happened(contribution=contribution, verb="commented", actor=None)
    Notification.objects.all().delete()
    events = [
        happened(contribution=contribution, verb="commented", actor=None) for _ in range(MOST + 5)
    ]
    Notification.objects.bulk_create(
        Notification(person=ann, contribution=contribution, event=one, why="author")
        for one in [event, *events]
    )
    assert unread_of(ann).text == "99+"
    assert count_queries(lambda: unread_of(ann)) == 1


def test_the_bell_is_silent_while_nothing_is_new(ann: User, client: Client) -> None:
    browser = signed_in(ann)
    assert browser.get("/inbox/count/?seen=").status_code == 204
    told(submitted(ann), "One word.")
    answer = browser.get("/inbox/count/?seen=")
    assert (answer.status_code, "1 unread" in answer.content.decode()) == (200, True)
    assert browser.get("/inbox/count/?seen=1").status_code == 204
    assert client.get("/inbox/count/?seen=1").status_code == 204, "signed out meanwhile"


def test_a_long_inbox_costs_what_a_short_one_does(ann: User) -> None:
    client = signed_in(ann)
    told(submitted(ann), "One word.")

    def more() -> None:
        for number in range(15):
            told(submitted(ann, f"sea/salt-{number}"), "One word.")

    assert_constant_queries(lambda: client.get("/inbox/?show=all"), more)


def test_pages_of_an_inbox_follow_each_other(ann: User) -> None:
    contribution = submitted(ann)
    events = [happened(contribution=contribution, verb="commented", actor=None) for _ in range(60)]
    Notification.objects.bulk_create(
        Notification(person=ann, contribution=contribution, event=one, why="author")
        for one in events
    )
    client = signed_in(ann)
    first = client.get("/inbox/")
    listing = first.context["listing"]
    second = client.get(f"/inbox/{listing.next_url}").context["listing"]
    assert (len(listing.rows), len(second.rows)) == (50, 10)
    assert listing.rows[-1].pk > second.rows[0].pk


def test_a_watched_contribution_counts_its_watchers(ann: User, sam: User) -> None:
    contribution = submitted(ann)
    watch(person=sam, thing=contribution, attention="watching")
    html = text_of(signed_in(sam), contribution.get_absolute_url())
    assert "2 people watch this" in " ".join(html.split())
