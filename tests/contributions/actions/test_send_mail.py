"""Mail about what happened, through a real SMTP server: once, threaded, and easy to leave."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from django.core.mail import backends
from django.utils import timezone
from pytest_django.fixtures import Settings

from contributions.actions.announce import announce
from contributions.actions.comment import comment
from contributions.actions.mark_read import mark_read
from contributions.actions.send_mail import last_digest, send_due
from contributions.actions.set_mail_pace import set_mail_pace
from contributions.models import Contribution, Hold, MailPreference, Notification
from hub.models import User
from hub.refusal import Refusal
from tests.contributions.stories import submitted
from tests.factories import make_user
from tests.smtp import Server, serving
from tests.threads import at_once

pytestmark = pytest.mark.django_db
YESTERDAY = timedelta(days=1, minutes=1)


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    with serving() as server:
        settings.EMAIL_BACKEND = f"{backends.__name__}.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.SITE_URL = "https://hub.example.org"
        yield server


def told(contribution: Contribution, *words: str, by: User | None = None) -> None:
    """Comments that everybody who hears of them has heard of."""
    for word in words:
        comment(author=by or make_user(), contribution=contribution, body=word)
    announce()


def part(letter: EmailMessage, kind: str) -> str:
    """`plain` or `html`, with the lines as they were written."""
    body = letter.get_body([kind])
    assert body
    return str(body.get_content()).replace("\r\n", "\n")


def aged(age: timedelta = YESTERDAY) -> None:
    Notification.objects.update(created_at=timezone.now() - age)


def test_at_once_is_one_letter_a_contribution_threaded(ann: User, server: Server) -> None:
    set_mail_pace(person=ann, pace="at_once")
    first, second = submitted(ann), submitted(ann, "sea/salt")
    told(first, "One *word*.", "Another.")
    told(second, "A third.")
    assert send_due() == 2
    told(first, "A late one.")
    assert (send_due(), send_due()) == (1, 0)
    one, other, late = server.to("ann@example.org")
    assert one["Subject"] == f"[#{first.pk}] {first.title}"
    thread = f"<contribution-{first.pk}@hub.example.org>"
    assert one["In-Reply-To"] == late["In-Reply-To"] == one["References"] == thread
    assert other["In-Reply-To"] != thread
    assert len({letter["Message-ID"] for letter in (one, other, late)}) == 3
    text, html = part(one, "plain"), part(one, "html")
    assert "commented:\n\nOne *word*." in text
    assert "Another." in text
    assert "you proposed it" in text
    assert "<em>word</em>" in html
    assert f"https://hub.example.org/contributions/{first.pk}/" in text
    assert not ann.notifications.filter(mail_due=True).exists()


def test_what_people_write_cannot_forge_a_header_or_html(ann: User, server: Server) -> None:
    set_mail_pace(person=ann, pace="at_once")
    contribution = submitted(ann)
    Contribution.objects.filter(pk=contribution.pk).update(title="Add\r\nBcc: eve@example.org")
    told(contribution, "<script>alert(1)</script>\n.\nQUIT")
    send_due()
    (letter,) = server.letters
    assert letter["Bcc"] is None
    html = part(letter, "html")
    assert "<script>" not in html
    assert "\n.\nQUIT" in part(letter, "plain")


def test_a_digest_has_what_came_before_its_hour_and_goes_once(ann: User, server: Server) -> None:
    first, second = submitted(ann), submitted(ann, "sea/salt")
    told(first, "One word.")
    told(second, "Another.")
    aged()
    told(first, "Of the next day.")
    today = Notification.objects.filter(person=ann).latest("pk")
    Notification.objects.filter(pk=today.pk).update(created_at=last_digest() + timedelta(seconds=1))
    assert (send_due(), send_due()) == (1, 0)
    (letter,) = server.letters
    assert letter["Subject"] == f"What happened: {first.title} and 1 more"
    text = part(letter, "plain")
    assert "One word." in text
    assert "Of the next day." not in text
    assert list(ann.notifications.filter(mail_due=True)) == [today]
    assert MailPreference.objects.get(person=ann).digested_at


def test_the_hour_of_the_digest_is_the_newest_that_is_over(settings: Settings) -> None:
    settings.MAIL_DIGEST_HOUR = 6
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert last_digest(noon) == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert last_digest(noon.replace(hour=5)) == datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def test_every_letter_can_be_left_with_one_click(ann: User, server: Server) -> None:
    told(submitted(ann), "One word.")
    aged()
    send_due()
    (letter,) = server.letters
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Unsubscribe"].strip().startswith("<https://hub.example.org/mail/stop/")
    assert letter["Auto-Submitted"] == "auto-generated"


def test_what_was_read_or_taken_back_meanwhile_is_not_mailed(ann: User, server: Server) -> None:
    set_mail_pace(person=ann, pace="at_once")
    read, taken_back = submitted(ann), submitted(ann, "sea/salt")
    told(read, "One word.")
    mark_read(person=ann, contribution=read)
    said = comment(author=make_user(), contribution=taken_back, body="Buy this.")
    announce()
    Hold.objects.create(comment=said, why="reported", state="refused")
    assert send_due() == 0


def test_off_lets_go_of_what_is_due(ann: User, server: Server) -> None:
    contribution = submitted(ann)
    told(contribution, "One word.")
    set_mail_pace(person=ann, pace="off")
    told(contribution, "Another.")
    set_mail_pace(person=ann, pace="at_once")
    assert send_due() == 0
    with pytest.raises(Refusal):
        set_mail_pace(person=ann, pace="hourly")


def test_a_server_that_is_away_costs_nothing_and_nobody(ann: User, settings: Settings) -> None:
    with serving() as gone:
        settings.EMAIL_BACKEND = f"{backends.__name__}.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", gone.port
    told(submitted(ann), "One word.")
    aged()
    assert send_due() == 0
    assert Notification.objects.get().mail_due
    assert not MailPreference.objects.exists()


def test_a_server_that_hangs_up_in_the_middle_gets_the_letter_later(
    ann: User, server: Server
) -> None:
    told(submitted(ann), "One word.")
    aged()
    server.breaks = True
    assert send_due() == 0
    waiting = Notification.objects.get()
    assert (waiting.mail_due, waiting.mailed_at) == (True, None)
    server.breaks = False
    assert send_due() == 0, "it pauses"
    MailPreference.objects.update(not_before=None)
    assert send_due() == 1
    assert MailPreference.objects.get().failures == 0


def test_one_address_that_is_refused_keeps_nobody_elses_mail(
    ann: User, ben: User, server: Server
) -> None:
    for person in (ann, ben):
        told(submitted(person, f"sea/{person.username}"), "One word.")
    aged()
    server.refuses = {"ann@example.org"}
    pauses = []
    for _ in range(3):
        send_due()
        wish = MailPreference.objects.get(person=ann)
        assert wish.not_before
        pauses.append((wish.not_before - timezone.now()).total_seconds())
        MailPreference.objects.update(not_before=None)
    assert [round(pause, -1) for pause in pauses] == [60, 120, 240]
    assert len(server.to("ben@example.org")) == 1
    assert server.to("ann@example.org") == []
    aged(timedelta(days=4))
    server.refuses = set()
    assert send_due() == 0, "news so old is in the inbox"


def test_a_sender_that_dies_with_a_letter_in_hand_never_sends_it_twice(
    ann: User, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(submitted(ann), "One word.")
    aged()
    with monkeypatch.context() as dying:
        dying.delattr("contributions.mail.digest")
        with pytest.raises(AttributeError):
            send_due()
    assert (send_due(), server.letters) == (0, [])
    assert ann.notifications.filter(read_at=None).count() == 1, "the inbox still has it"


@pytest.mark.django_db(transaction=True)
def test_many_senders_at_once_send_each_letter_once(server: Server) -> None:
    people = [make_user() for _ in range(8)]
    talker = make_user()
    for person in people:
        told(submitted(person, f"sea/{person.username}"), "One word.", by=talker)
    aged()
    at_once(5, lambda _: send_due())
    assert sorted(letter["To"] for letter in server.letters) == sorted(
        person.email for person in people
    )
