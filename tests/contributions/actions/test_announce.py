"""Who hears of what, once."""

from collections import Counter
from typing import Any

import pytest

from contributions.actions._events import happened
from contributions.actions.announce import announce
from contributions.actions.close import close
from contributions.actions.comment import comment
from contributions.actions.review import review
from contributions.actions.watch import watch
from contributions.models import (
    Assignment,
    Block,
    Contribution,
    Delivery,
    Event,
    Hold,
    MailPreference,
    Notification,
    Watch,
    Webhook,
)
from hub.models import User
from tests.contributions.stories import submitted
from tests.factories import make_user, make_variant
from tests.queries import count_queries
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def heard(event: Event | None = None) -> dict[str, str]:
    """Username -> why, of the newest event."""
    event = event or Event.objects.latest("pk")
    announce()
    rows = Notification.objects.filter(event=event)
    return dict(rows.values_list("person__username", "why"))


def failed(contribution: Contribution, name: str = "card", state: str = "failed") -> Event:
    check = contribution.versions.get(number=contribution.head).checks.get(name=name)
    return happened(
        contribution=contribution, verb="checked", actor=None, to_state=state, checked=check
    )


def test_author_reviewers_assigned_and_watchers_hear_of_a_comment(
    ann: User, ben: User, cleo: User, dora: User, sam: User
) -> None:
    contribution = submitted(ann)
    review(reviewer=ben, contribution=contribution, head=1, verdict="approve")
    Watch.objects.filter(person=ben).delete()
    Assignment.objects.create(contribution=contribution, reviewer=cleo, assigned_by=ben)
    watch(person=dora, thing=contribution, attention="watching")
    comment(author=sam, contribution=contribution, body="Hello.")
    assert heard() == {"ann": "author", "ben": "reviewer", "cleo": "assigned", "dora": "watching"}


def test_nobody_hears_of_what_they_did_themselves(ann: User) -> None:
    comment(author=ann, contribution=submitted(ann), body="Note to @ann, myself.")
    assert heard() == {}


def test_who_takes_part_watches_from_then_on(ann: User, sam: User) -> None:
    contribution = submitted(ann)
    comment(author=sam, contribution=contribution, body="Hello.")
    comment(author=ann, contribution=contribution, body="Hello, Sam.")
    assert heard() == {"sam": "watching"}


def test_who_joins_later_does_not_hear_of_what_was_before(ann: User, ben: User, sam: User) -> None:
    contribution = submitted(ann)
    review(reviewer=ben, contribution=contribution, head=1, verdict="approve")
    before = Event.objects.latest("pk")
    comment(author=sam, contribution=contribution, body="I am late.")
    assert heard(before) == {"ann": "author"}


def test_taking_part_does_not_unmute(ann: User, sam: User) -> None:
    contribution = submitted(ann)
    watch(person=sam, thing=contribution, attention="muted")
    comment(author=sam, contribution=contribution, body="One word.")
    comment(author=ann, contribution=contribution, body="Another.")
    assert heard() == {}


def test_muting_silences_even_the_author_but_not_a_mention(ann: User, sam: User) -> None:
    contribution = submitted(ann)
    watch(person=ann, thing=contribution, attention="muted")
    comment(author=sam, contribution=contribution, body="Hello.")
    assert heard() == {}
    comment(author=sam, contribution=contribution, body="And what says @ann?")
    assert heard() == {"ann": "mentioned"}


def test_a_block_is_stronger_than_a_mention(ann: User, ben: User, sam: User) -> None:
    contribution = submitted(ben)
    Block.objects.create(blocker=ann, blocked=sam)
    comment(author=sam, contribution=contribution, body="@ann, answer me!")
    assert heard() == {"ben": "author"}


def test_being_assigned_is_for_the_assigned_alone(ann: User, ben: User, sam: User) -> None:
    contribution = submitted(ann)
    watch(person=sam, thing=contribution, attention="watching")
    event = happened(contribution=contribution, verb="assigned", actor=ann, person=ben)
    assert heard(event) == {"ben": "assigned"}


def test_of_failed_checks_the_author_hears_once_a_version(ann: User, sam: User) -> None:
    contribution = submitted(ann)
    watch(person=sam, thing=contribution, attention="watching")
    events = [
        failed(contribution, "origin", "passed"),
        failed(contribution),
        failed(contribution, "licence"),
    ]
    assert [heard(event) for event in events] == [{}, {"ann": "author"}, {}]
    assert heard(failed(contribution, "files", "errored")) == {}


def test_watchers_of_an_entry_hear_of_its_milestones_and_not_of_the_talk(
    ann: User, sam: User, dora: User
) -> None:
    variant = make_variant("Headwaters/Brook")
    watch(person=sam, thing=variant, attention="watching")
    contribution = Contribution.objects.create(
        kind="edit_variant", title="Edit", subject="headwaters/brook", author=ann
    )
    assert heard(happened(contribution=contribution, verb="submitted", actor=ann)) == {
        "sam": "watching"
    }
    assert heard(happened(contribution=contribution, verb="commented", actor=dora)) == {
        "ann": "author"
    }


def test_what_is_held_for_a_look_is_announced_when_it_is_released(ann: User, sam: User) -> None:
    said = comment(author=sam, contribution=submitted(ann), body="Buy this.")
    hold = Hold.objects.create(comment=said, why="links of a new account")
    assert heard() == {}
    Hold.objects.filter(pk=hold.pk).update(state="refused")
    assert heard() == {}
    Hold.objects.filter(pk=hold.pk).update(state="released")
    assert heard() == {"ann": "author"}


def test_mail_is_left_to_send_as_people_want_it(ann: User, ben: User, cleo: User) -> None:
    contribution = submitted(ann)
    for person in (ben, cleo):
        watch(person=person, thing=contribution, attention="watching")
    MailPreference.objects.create(person=ben, pace="off")
    User.objects.filter(pk=cleo.pk).update(email="")
    comment(author=make_user(), contribution=contribution, body="Hello.")
    announce()
    rows = Notification.objects.filter(event__verb="commented")
    due = dict(rows.values_list("person__username", "mail_due"))
    assert due == {"ann": True, "ben": False, "cleo": False}


def test_webhooks_get_what_they_asked_for(ann: User, cleo: User) -> None:
    contribution = submitted(ann)
    announce()
    wishes: list[dict[str, Any]] = [
        {},
        {"verbs": ["closed"]},
        {"kinds": ["add_dataset"]},
        {"active": False},
    ]
    everything, closings, _, _ = (
        Webhook.objects.create(owner=ann, url="https://example.org/", salt=str(n), **fields)
        for n, fields in enumerate(wishes)
    )
    comment(author=ann, contribution=contribution, body="Hello.")
    close(actor=cleo, contribution=contribution, why="No.")
    announce()
    sent = Delivery.objects.values_list("webhook", "payload__event__verb").order_by("pk")
    assert set(sent) == {
        (everything.pk, "commented"),
        (everything.pk, "closed"),
        (closings.pk, "closed"),
    }


def test_announcing_costs_the_same_for_many_events_as_for_few(ann: User, sam: User) -> None:
    contribution = submitted(ann)
    said = comment(author=sam, contribution=contribution, body="Hello @ann.")
    few = count_queries(announce)
    for number in range(30):
        other = Contribution.objects.create(
            kind="add_variant", title="Add", subject=f"sea/salt-{number}", author=ann
        )
        happened(contribution=other, verb="submitted", actor=sam)
        happened(contribution=other, verb="commented", actor=sam, comment=said)
    assert count_queries(announce) <= few


@pytest.mark.django_db(transaction=True)
def test_many_announcers_at_once_tell_everybody_once(ann: User, sam: User) -> None:
    contributions = [submitted(ann, f"sea/salt-{number}") for number in range(4)]
    Webhook.objects.create(owner=ann, url="https://example.org/", salt="a")
    for contribution in contributions:
        for _ in range(60):
            happened(contribution=contribution, verb="commented", actor=sam)
        for name in ("card", "licence", "files"):
            failed(contribution, name)
    at_once(6, lambda _: announce())
    assert not Event.objects.filter(announced=False).exists()
    told = Counter(Notification.objects.values_list("event__verb", flat=True))
    assert told == {"commented": 240, "checked": 4}
    assert Delivery.objects.count() == Event.objects.count()


@pytest.mark.django_db(transaction=True)
def test_an_announcer_that_dies_leaves_nothing_half_done(
    ann: User, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    contribution = submitted(ann)
    comment(author=sam, contribution=contribution, body="Hello.")
    with monkeypatch.context() as dying:
        dying.delattr("contributions.actions.announce._deliver")
        with pytest.raises(NameError):
            announce()
    assert not Notification.objects.exists()
    assert announce() == 2
    assert dict(Notification.objects.values_list("person__username", "why")) == {"ann": "author"}
