"""Mail goes once, to whoever wants it, by a real server; what that refuses waits."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from contributions.actions.announce import announce
from contributions.actions.comment import comment
from contributions.actions.mark_read import mark_read
from contributions.actions.send_mail import last_digest, send_due
from contributions.actions.set_mail_pace import set_mail_pace
from contributions.models import Contribution, Hold, MailPreference, Notification
from contributions.models.mail_preference import MailPace
from hub.models import User
from tests.contributions.stories import submitted
from tests.mail_server import MailServer
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def hears(person: User, pace: str) -> None:
    MailPreference.objects.update_or_create(person=person, defaults={"pace": pace})


def told(by: User, *contributions: Contribution, body: str = "Which river?") -> None:
    for contribution in contributions:
        comment(author=by, contribution=contribution, body=body)
    announce()


def told_yesterday(by: User, *contributions: Contribution) -> None:
    """Before the digest that was due last."""
    told(by, *contributions)
    Notification.objects.update(created_at=last_digest() - timedelta(minutes=1))


def waits(person: User) -> timedelta:
    wish = MailPreference.objects.get(person=person)
    assert wish.not_before
    return wish.not_before - timezone.now()


def pause_is_over(person: User) -> None:
    MailPreference.objects.filter(person=person).update(not_before=timezone.now())


def test_at_once_is_one_letter_a_contribution_with_what_was_said(
    ann: User, sam: User, post_office: MailServer
) -> None:
    hears(ann, MailPace.AT_ONCE)
    told(sam, submitted(ann, "sea/salt"), submitted(ann, "sea/sand"))
    told(sam, Contribution.objects.get(subject="sea/salt"), body="And *how* deep?")
    assert send_due() == 2
    salt, sand = post_office.letters
    assert (salt["To"], "sea/salt" in salt["Subject"]) == ("ann@example.org", True)
    plain, html = (part.get_content() for part in salt.iter_parts())
    assert plain.index("Which river?") < plain.index("And *how* deep?")
    assert "<em>how</em>" in html
    assert "You get this because you proposed it." in plain
    assert salt["In-Reply-To"] != sand["In-Reply-To"]
    assert salt["Message-ID"] != sand["Message-ID"]
    assert send_due() == 0
    assert len(post_office.letters) == 2


def test_a_letter_says_how_to_leave_as_rfc_8058_wants_it(
    ann: User, sam: User, post_office: MailServer, settings: Settings
) -> None:
    hears(ann, MailPace.AT_ONCE)
    told(sam, submitted(ann))
    send_due()
    (letter,) = post_office.letters
    leave = letter["List-Unsubscribe"].strip()
    assert leave.startswith(f"<{settings.SITE_URL}/mail/stop/")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Auto-Submitted"] == "auto-generated"


def test_a_digest_is_one_letter_a_day_about_everything(
    ann: User, sam: User, post_office: MailServer
) -> None:
    salt, sand = submitted(ann, "sea/salt"), submitted(ann, "sea/sand")
    told_yesterday(sam, salt, sand)
    assert send_due() == 1
    told(sam, salt, body="This comes later.")
    assert send_due() == 0
    (letter,) = post_office.letters
    plain = letter.get_body(("plain",))
    assert plain
    assert ["sea/salt" in plain.get_content(), "sea/sand" in plain.get_content()] == [True, True]
    assert "and 1 more" in letter["Subject"]
    assert MailPreference.objects.get(person=ann).digested_at


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 3, 2, 5, 59, 59, tzinfo=UTC), datetime(2026, 3, 1, 6, tzinfo=UTC)),
        (datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC)),
        (datetime(2026, 3, 2, 23, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC)),
    ],
)
def test_digests_are_due_at_one_hour_of_the_day(
    now: datetime, expected: datetime, settings: Settings
) -> None:
    settings.MAIL_DIGEST_HOUR = 6
    assert last_digest(now) == expected


def test_what_was_read_or_taken_back_is_not_mailed_nor_anything_to_who_wants_none(
    ann: User, ben: User, sam: User, post_office: MailServer
) -> None:
    hears(ann, MailPace.AT_ONCE)
    hears(ben, MailPace.AT_ONCE)
    salt, sand, foam = (submitted(ann, f"sea/{name}") for name in ("salt", "sand", "foam"))
    reef = submitted(ben, "sea/reef")
    told(sam, salt, sand, foam, reef)
    mark_read(person=ann, contribution=salt)
    Hold.objects.create(comment=sand.comments.get(), why="links", state="refused")
    set_mail_pace(person=ben, pace=MailPace.OFF)
    assert send_due() == 1
    assert ["sea/foam" in letter["Subject"] for letter in post_office.letters] == [True]


def test_one_address_that_is_refused_waits_longer_each_time_and_nobody_else_does(
    ann: User, ben: User, sam: User, post_office: MailServer
) -> None:
    for person in (ann, ben):
        hears(person, MailPace.AT_ONCE)
    told(sam, submitted(ann, "sea/salt"), submitted(ben, "sea/sand"))
    post_office.answers["ann@example.org"] = "450 not now"
    assert send_due() == 1
    first = waits(ann)
    assert timedelta(seconds=50) < first <= timedelta(seconds=60)
    assert send_due() == 0
    pause_is_over(ann)
    assert send_due() == 0
    assert waits(ann) > first
    assert Notification.objects.get(person=ann).mail_due
    post_office.answers.clear()
    pause_is_over(ann)
    assert send_due() == 1
    assert [letter["To"] for letter in post_office.letters] == [
        "ben@example.org",
        "ann@example.org",
    ]
    wish = MailPreference.objects.get(person=ann)
    assert (wish.failures, wish.not_before) == (0, None)


def test_of_several_letters_the_one_that_was_refused_and_those_after_it_wait(
    ann: User, sam: User, post_office: MailServer
) -> None:
    hears(ann, MailPace.AT_ONCE)
    told(sam, submitted(ann, "sea/salt"), submitted(ann, "sea/sand"))
    post_office.answers["ann@example.org"] = ""
    assert send_due() == 0
    assert Notification.objects.filter(mail_due=True, mailed_at=None).count() == 2
    post_office.answers.clear()
    pause_is_over(ann)
    assert send_due() == 2


def test_a_server_that_is_away_costs_nothing_but_time(
    ann: User, sam: User, post_office: MailServer, settings: Settings
) -> None:
    hears(ann, MailPace.AT_ONCE)
    told(sam, submitted(ann))
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert send_due() == 0
    assert MailPreference.objects.get(person=ann).not_before is None
    settings.EMAIL_PORT = port
    assert send_due() == 1


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_every_letter_once(
    ann: User, ben: User, sam: User, post_office: MailServer
) -> None:
    hears(ann, MailPace.AT_ONCE)
    told_yesterday(sam, submitted(ben, "sea/sand"))
    told(sam, *(submitted(ann, f"sea/salt-{number}") for number in range(5)))
    assert sum(at_once(4, lambda _: send_due())) == 6
    assert len({letter["Message-ID"] for letter in post_office.letters}) == 6
    assert len(post_office.letters) == 6


def test_a_sender_that_dies_with_a_letter_in_hand_never_sends_it_twice(
    ann: User, sam: User, post_office: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hears(ann, MailPace.AT_ONCE)
    told(sam, submitted(ann))
    with monkeypatch.context() as dying:
        dying.delattr("contributions.mail.at_once")
        with pytest.raises(AttributeError):
            send_due()
    assert send_due() == 0
    assert post_office.letters == []
    assert Notification.objects.filter(person=ann, read_at=None).exists()
