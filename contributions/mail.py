"""Mail about what happened: plain text and plain HTML, threaded by contribution, easy to leave.

Nothing in here is secret: what a mail quotes stands on a public page, and its one link that acts without
signing in can do nothing but stop the mail.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from contributions.audience import text_of
from contributions.models import Contribution, Notification, Webhook
from contributions.models.notification import Why
from contributions.sentences import sentence
from hub.models import User

SALT = "contributions.mail"
# Of what somebody wrote; the rest is one click away.
EXCERPT = 2000


@dataclass(frozen=True)
class Part:
    """One event as a mail shows it."""

    sentence: str
    text: str


@dataclass(frozen=True)
class Topic:
    """One contribution of a mail, with what is new there."""

    contribution: Contribution
    parts: list[Part]

    @property
    def url(self) -> str:
        return settings.SITE_URL + self.contribution.get_absolute_url()


def topics_of(notifications: Iterable[Notification]) -> list[Topic]:
    """By contribution; notifications in order, with contribution and event, its people and texts."""
    topics: dict[int, Topic] = {}
    for one in notifications:
        topic = topics.setdefault(one.contribution_id, Topic(one.contribution, []))
        text = text_of(one.event)
        cut = f"{text[:EXCERPT]} …" if len(text) > EXCERPT else text
        topic.parts.append(Part(sentence(one.event), cut))
    return list(topics.values())


def at_once(person: User, notifications: Sequence[Notification]) -> EmailMultiAlternatives:
    """About one contribution: one conversation in whatever people read their mail with."""
    (topic,) = topics_of(notifications)
    contribution, last = topic.contribution, notifications[-1]
    thread = f"<contribution-{contribution.pk}@{_host()}>"
    strongest = min((Why(one.why) for one in notifications), key=list(Why).index)
    return _message(
        person,
        f"[#{contribution.pk}] {contribution.title}",
        "at_once",
        {"topic": topic, "reason": strongest.label},
        {
            "Message-ID": f"<contribution-{contribution.pk}.{last.pk}@{_host()}>",
            "In-Reply-To": thread,
            "References": thread,
            "List-ID": f"Contribution {contribution.pk} <contribution-{contribution.pk}.{_host()}>",
        },
    )


def digest(person: User, notifications: Sequence[Notification]) -> EmailMultiAlternatives:
    topics = topics_of(notifications)
    one = topics[0].contribution.title
    more = f" and {len(topics) - 1} more" if len(topics) > 1 else ""
    headers = {"Message-ID": f"<digest-{person.pk}.{notifications[-1].pk}@{_host()}>"}
    return _message(person, f"What happened: {one}{more}", "digest", {"topics": topics}, headers)


def webhook_stopped(webhook: Webhook) -> None:
    """Tell its owner that the hub switched a webhook off. An SMTP error is the caller's to expect."""
    url = settings.SITE_URL + reverse("webhook_detail", args=[webhook.pk])
    if webhook.owner.email:
        subject = "A webhook of yours was switched off"
        context = {"webhook": webhook, "url": url}
        _message(webhook.owner, subject, "webhook_stopped", context, {}).send()


def unsubscribe_token(person: User) -> str:
    return signing.dumps(person.pk, salt=SALT)


def person_of(token: str) -> int | None:
    """Who asked with this token not to get mail any more; None when we did not make it."""
    try:
        return int(signing.loads(token, salt=SALT))
    except signing.BadSignature:
        return None


def is_sending() -> bool:
    """Whether mail leaves this machine: false while EMAIL_URL names no server."""
    backend = settings.EMAIL_BACKEND
    return not backend.endswith(("console.EmailBackend", "dummy.EmailBackend"))


def _message(
    person: User, subject: str, template: str, context: dict[str, object], headers: dict[str, str]
) -> EmailMultiAlternatives:
    leave = settings.SITE_URL + reverse("mail_stop", args=[unsubscribe_token(person)])
    context = {
        **context,
        "person": person,
        "leave": leave,
        "settings_url": settings.SITE_URL + reverse("mail_preference"),
        "site_url": settings.SITE_URL,
    }
    message = EmailMultiAlternatives(
        " ".join(subject.split()),
        render_to_string(f"contributions/mail/{template}.txt", context),
        to=[person.email],
        headers={
            **headers,
            # RFC 8058: one click in the mail program, no page, no sign-in.
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            # Nobody's holiday notice has to answer.
            "Auto-Submitted": "auto-generated",
        },
    )
    html = render_to_string(f"contributions/mail/{template}.html", context)
    message.attach_alternative(html, "text/html")
    return message


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"
