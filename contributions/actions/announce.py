"""Tells inboxes and webhooks of what happened. Any number may run at once, and any may die anywhere.

A batch is one transaction: its notifications, its deliveries and the mark on its events stand together or
not at all. Events that another announcer holds are skipped; a message that got lost costs a sweep.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now

from contributions.audience import FAILED, audible, hearers, read_around
from contributions.models import (
    Contribution,
    Delivery,
    Event,
    Notification,
    Webhook,
)
from contributions.models.mail_preference import MailPace
from contributions.payload import payload_of
from hub.models import User
from hub.queue import POST, send_on_commit

BATCH = 100


def announce() -> int:
    """Take note of every event that waits. How many there were."""
    total = 0
    while done := _announce_batch():
        total += done
    return total


def _announce_batch() -> int:
    with transaction.atomic():
        pointed = ("contribution__author", "contribution__group", "actor", "comment", "review")
        events = list(
            audible()
            .filter(announced=False)
            .order_by("pk")
            .select_related(*pointed, "checked", "person")
            .select_for_update(skip_locked=True, of=("self",))[:BATCH]
        )
        if events:
            _notify(events)
            _deliver(events)
            Event.objects.filter(pk__in=[event.pk for event in events]).update(announced=True)
    return len(events)


def _notify(events: Sequence[Event]) -> None:
    told = _first_failures(events)
    around = read_around(events)
    wanted = {
        (person, event.pk): (event, why)
        for event in events
        if event.pk in told or event.verb != "checked"
        for person, why in hearers(event, around).items()
    }
    paces = _paces({person for person, _ in wanted})
    Notification.objects.bulk_create(
        [
            Notification(
                person_id=person,
                contribution_id=event.contribution_id,
                event=event,
                why=why,
                mail_due=paces[person] != MailPace.OFF,
            )
            for (person, _), (event, why) in wanted.items()
            if person in paces
        ],
        ignore_conflicts=True,
    )
    if MailPace.AT_ONCE in paces.values():
        send_on_commit("contributions.mail", queue=POST)


def _first_failures(events: Sequence[Event]) -> set[int]:
    """Of the failed checks those that are the first of their version to be told: one is enough to look.

    Two announcers may each hold one of them, so the contribution's row is taken first, in the order in
    which everybody takes them.
    """
    failures = [event for event in events if event.verb == "checked" and event.to_state in FAILED]
    if not failures:
        return set()
    numbers = {event.contribution_id for event in failures}
    list(Contribution.objects.filter(pk__in=numbers).order_by("pk").select_for_update(no_key=True))
    told = Notification.objects.filter(contribution__in=numbers, event__verb="checked")
    known = set(told.values_list("contribution", "event__version_number"))
    first: set[int] = set()
    for event in failures:
        version = (event.contribution_id, event.version_number)
        if version not in known:
            known.add(version)
            first.add(event.pk)
    return first


def _paces(people: set[int]) -> dict[int, str]:
    """Person -> how they hear by mail; people without an active account are left out."""
    rows = User.objects.filter(pk__in=people, is_active=True)
    paces = rows.values_list("pk", "email", "mail_preference__pace")
    return {pk: (pace or MailPace.DIGEST) if email else MailPace.OFF for pk, email, pace in paces}


def _deliver(events: Sequence[Event]) -> None:
    """A delivery for each webhook that wants one of these, and one nudge for each webhook."""
    webhooks = list(Webhook.objects.filter(active=True, owner__is_active=True))
    deliveries = [
        Delivery(webhook=webhook, event=event, payload=payload)
        for event in events
        for payload in [payload_of(event) if webhooks else {}]
        for webhook in webhooks
        if webhook.wants(event)
    ]
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    called = {delivery.webhook_id for delivery in deliveries}
    new = Delivery.objects.filter(event__in=events, webhook__in=called, sent_at=None)
    new.update(sent_at=Now())
    for webhook in called:
        send_on_commit("contributions.deliver", webhook, queue=POST)
