"""Whose webhooks are, and what they may be."""

import pytest
from django.core.exceptions import PermissionDenied

from contributions.actions._webhooks import MOST, Wish
from contributions.actions.create_webhook import create_webhook
from contributions.actions.edit_webhook import edit_webhook
from contributions.actions.redeliver import redeliver
from contributions.actions.switch_webhook import switch_webhook
from contributions.actions.try_webhook import try_webhook
from contributions.models import Webhook
from contributions.signing import secret_of
from hub.models import User
from hub.refusal import Refusal
from tests.contributions.hearing import make_ping, make_webhook
from tests.factories import make_user
from tests.threads import at_once

pytestmark = pytest.mark.django_db
WISH = Wish("https://example.org/hook")


def test_the_secret_follows_from_the_salt_and_stands_in_no_column(ann: User) -> None:
    one, other = (create_webhook(owner=ann, wish=WISH) for _ in range(2))
    secret = secret_of(one.salt)
    assert secret == secret_of(Webhook.objects.get(pk=one.pk).salt)
    assert secret != secret_of(other.salt)
    stored = Webhook.objects.filter(pk=one.pk).values().get()
    assert secret not in map(str, stored.values())


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish("http://example.org/"), "url"),
        (Wish("https://192.168.0.1/"), "url"),
        (Wish("https://example.org/", verbs=["sneezed"]), "verbs"),
        (Wish("https://example.org/", kinds=["add_planet"]), "kinds"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(ann: User, wish: Wish, field: str) -> None:
    webhook = make_webhook(ann)
    with pytest.raises(Refusal) as refused:
        create_webhook(owner=ann, wish=wish)
    assert list(refused.value.fields) == [field]
    with pytest.raises(Refusal):
        edit_webhook(actor=ann, webhook=webhook, wish=wish)


def test_nobody_touches_somebody_elses(ann: User, dora: User) -> None:
    webhook = make_webhook(ann)
    ping = make_ping(webhook, state="failed")
    for act in (
        lambda: edit_webhook(actor=dora, webhook=webhook, wish=WISH),
        lambda: switch_webhook(actor=dora, webhook=webhook, on=False),
        lambda: try_webhook(actor=dora, webhook=webhook),
        lambda: redeliver(actor=dora, delivery=ping),
    ):
        with pytest.raises(PermissionDenied):
            act()
    with pytest.raises(PermissionDenied):
        create_webhook(owner=make_user(is_active=False), wish=WISH)


def test_what_is_switched_off_is_neither_tried_nor_sent_again(ann: User) -> None:
    webhook = make_webhook(ann, active=False)
    with pytest.raises(Refusal, match="Switch"):
        try_webhook(actor=ann, webhook=webhook)
    with pytest.raises(Refusal, match="Switch"):
        redeliver(actor=ann, delivery=make_ping(webhook, state="failed"))


@pytest.mark.django_db(transaction=True)
def test_of_many_made_at_once_no_more_than_the_most_are_on(ann: User) -> None:
    def make(_: int) -> bool:
        try:
            return bool(create_webhook(owner=ann, wish=WISH))
        except Refusal:
            return False

    assert sum(at_once(MOST + 6, make)) == MOST == Webhook.objects.count()
    off = make_webhook(ann, active=False)
    with pytest.raises(Refusal, match="already"):
        switch_webhook(actor=ann, webhook=off, on=True)
