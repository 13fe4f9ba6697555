"""Webhooks and what they were sent, as tests need them."""

from typing import Any

from contributions.actions.announce import announce
from contributions.models import Delivery, Webhook
from contributions.payload import ping_of
from contributions.signing import new_salt
from hub.models import User


def make_webhook(owner: User, url: str = "https://example.org/", **fields: Any) -> Webhook:
    return Webhook.objects.create(owner=owner, url=url, salt=new_salt(), **fields)


def make_ping(webhook: Webhook, **fields: Any) -> Delivery:
    return Delivery.objects.create(webhook=webhook, payload=ping_of(webhook), **fields)


def news_of(person: User) -> Webhook:
    """Everybody has heard of all that happened; a webhook of `person` has a log in every state."""
    webhook = make_webhook(person, verbs=["merged"])
    announce()
    answered = {"response_status": 500, "response": "<h1>Broken</h1>", "milliseconds": 120}
    make_ping(webhook, state="failed", attempt=1, **answered)
    make_ping(webhook, state="delivered", attempt=2, response_status=204, milliseconds=9)
    make_webhook(person, "https://example.org/gone/", active=False, stopped_why="Nobody answered.")
    return webhook
