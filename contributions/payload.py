"""What a webhook is told of an event: JSON of a version, so that receivers know what they read."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from contributions.audience import text_of
from contributions.models import Contribution, Event, Webhook

# Raised when a name changes or goes; a new name alone does not raise it.
VERSION = 1
PING = "ping"


def payload_of(event: Event) -> dict[str, Any]:
    """`event` with contribution (author, group), actor, comment, review, checked and person."""
    return {
        "version": VERSION,
        "event": {
            "id": event.pk,
            "verb": event.verb,
            "at": event.at.isoformat(),
            "actor": event.actor.username if event.actor else None,
            "version": event.version_number,
            "from_state": event.from_state,
            "to_state": event.to_state,
            "body": text_of(event),
            "verdict": event.review.verdict if event.review else None,
            "check": event.checked.name if event.checked else None,
            "person": event.person.username if event.person else None,
            "other": event.other_id,
        },
        "contribution": _contribution(event.contribution),
    }


def ping_of(webhook: Webhook) -> dict[str, Any]:
    """What the test button sends: no contribution, and a verb that no event has."""
    return {
        "version": VERSION,
        "event": {"id": None, "verb": PING, "actor": webhook.owner.username},
        "contribution": None,
    }


def _contribution(contribution: Contribution) -> dict[str, Any]:
    return {
        "number": contribution.pk,
        "kind": contribution.kind,
        "title": contribution.title,
        "subject": contribution.subject,
        "state": contribution.state,
        "author": contribution.author.username,
        "group": contribution.group.slug if contribution.group else None,
        "head": contribution.head,
        "url": settings.SITE_URL + reverse("api_contribution_detail", args=[contribution.pk]),
        "page": settings.SITE_URL + contribution.get_absolute_url(),
    }
