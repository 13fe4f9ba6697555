"""Sends the mail that is due: at once to whoever wants that, one digest a day to the others.

At most once. A row is claimed in a transaction of its own before its mail goes, so two senders never send it
twice; one that dies in between loses that mail, and the inbox still has what it would have said. What a
server does not take is put back, and that person's mail waits for a growing while.
"""

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from contributions import mail
from contributions.models import MailPreference, Notification
from contributions.models.mail_preference import MailPace
from hub.lease import from_now
from hub.models import User

logger = logging.getLogger(__name__)

# People a turn, and rows a person: what is left is the next turn's.
PEOPLE = 200
MOST = 200
FIRST_PAUSE = 60.0
LONGEST_PAUSE = timedelta(hours=6).total_seconds()
# News that no server took for so long is none any more; the inbox has it.
STALE = timedelta(days=3)
AT_ONCE = Q(person__mail_preference__pace=MailPace.AT_ONCE)
DIGEST = Q(person__mail_preference__pace=MailPace.DIGEST) | Q(person__mail_preference=None)

Letter = tuple[EmailMessage, list[Notification]]


def send_due() -> int:
    """One turn. How many mails the server took. A server that is away is met before anything is claimed."""
    waiting = [*_waiting(AT_ONCE), *_waiting(DIGEST & Q(created_at__lt=last_digest()))]
    if not waiting:
        return 0
    try:
        with get_connection() as server:
            return sum(_send_to(person, which, server) for person, which in waiting)
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("mail waits, the server does not take it: %s", type(error).__name__)
        return 0


def last_digest(now: datetime | None = None) -> datetime:
    """When the newest digest was due; what came later waits for the next."""
    now = now or timezone.now()
    today = now.replace(hour=settings.MAIL_DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def _due(which: Q) -> QuerySet[Notification]:
    """Not what was read meanwhile, nor what a maintainer took back."""
    paused = Q(person__mail_preference__not_before__gt=Now())
    refused = Q(event__comment__hold__state="refused")
    fresh = Notification.objects.filter(
        which, mail_due=True, read_at=None, created_at__gt=Now() - STALE, person__is_active=True
    )
    return fresh.exclude(paused).exclude(refused)


def _waiting(which: Q) -> list[tuple[User, Q]]:
    people = User.objects.filter(pk__in=_due(which).values("person")).order_by("pk")[:PEOPLE]
    return [(person, which) for person in people]


def _send_to(person: User, which: Q, server: BaseEmailBackend) -> int:
    """All letters to one person, how many were taken. What the server refuses of them waits."""
    claimed = _claim(person, which)
    letters = _by_contribution(person, claimed) if which is AT_ONCE else _digest(person, claimed)
    for number, (letter, _) in enumerate(letters):
        try:
            server.send_messages([letter])
        except (smtplib.SMTPException, OSError) as error:
            _put_back(person, [row for _, rows in letters[number:] for row in rows], error)
            if isinstance(error, smtplib.SMTPServerDisconnected) or not isinstance(
                error, smtplib.SMTPException
            ):
                raise
            return number
    if letters:
        digest = {} if which is AT_ONCE else {"digested_at": timezone.now()}
        taken = {"failures": 0, "not_before": None, **digest}
        MailPreference.objects.update_or_create(person=person, defaults=taken)
    return len(letters)


def _claim(person: User, which: Q) -> list[Notification]:
    """Nobody else's from here on. In the order in which it happened."""
    with transaction.atomic():
        rows = _due(which).filter(person=person).order_by("pk")
        pks = list(
            rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[
                :MOST
            ]
        )
        claimed = Notification.objects.filter(pk__in=pks)
        claimed.update(mail_due=False, mailed_at=Now())
    texts = ("event__actor", "event__comment", "event__review", "event__checked", "event__person")
    return list(claimed.select_related("contribution", *texts).order_by("pk"))


def _put_back(person: User, rows: Sequence[Notification], error: Exception) -> None:
    """Due again, for a while that doubles each time."""
    logger.warning("mail for %s waits: %s", person.username, type(error).__name__)
    with transaction.atomic():
        kept = Notification.objects.filter(pk__in=[row.pk for row in rows])
        kept.update(mail_due=True, mailed_at=None)
        wish, _ = MailPreference.objects.select_for_update().get_or_create(person=person)
        pause = min(FIRST_PAUSE * 2.0 ** min(wish.failures, 20), LONGEST_PAUSE)
        MailPreference.objects.filter(pk=wish.pk).update(
            failures=F("failures") + 1, not_before=from_now(pause)
        )


def _by_contribution(person: User, rows: Sequence[Notification]) -> list[Letter]:
    groups: dict[int, list[Notification]] = {}
    for row in rows:
        groups.setdefault(row.contribution_id, []).append(row)
    return [(mail.at_once(person, group), group) for group in groups.values()]


def _digest(person: User, rows: Sequence[Notification]) -> list[Letter]:
    return [(mail.digest(person, rows), list(rows))] if rows else []
