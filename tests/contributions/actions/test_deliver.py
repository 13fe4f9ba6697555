"""Webhooks get what happened, signed, again and again until they took it or a day is over."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from contributions.actions import deliver
from contributions.actions.announce import announce
from contributions.actions.comment import comment
from contributions.actions.deliver import deliver_to
from contributions.actions.redeliver import redeliver
from contributions.actions.sweep_deliveries import forget_deliveries, sweep_deliveries
from contributions.actions.switch_webhook import switch_webhook
from contributions.actions.try_webhook import try_webhook
from contributions.models import Delivery, Webhook
from contributions.receiver import is_from_the_hub
from contributions.signing import secret_of
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove
from tests.contributions.hearing import make_ping, make_webhook
from tests.contributions.stories import submitted
from tests.listener import Listener, listening, says
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loopback_may_be_called(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True


def waiting(owner: User, listener: Listener, count: int = 1) -> list[Delivery]:
    """Deliveries of comments to a webhook of `owner`, oldest first."""
    contribution = submitted(owner)
    announce()
    webhook = make_webhook(owner, listener.url)
    for number in range(count):
        comment(author=owner, contribution=contribution, body=f"Word {number}. Grüße.")
    announce()
    return list(webhook.deliveries.order_by("pk"))


def send(delivery: Delivery) -> Delivery:
    deliver_to(webhook_id=delivery.webhook_id, worker="test")
    delivery.refresh_from_db()
    return delivery


def hurry(delivery: Delivery) -> None:
    """The pause is over."""
    Delivery.objects.filter(pk=delivery.pk).update(not_before=None)


def pause_of(delivery: Delivery) -> float:
    assert delivery.not_before
    return (delivery.not_before - timezone.now()).total_seconds()


def test_a_receiver_knows_that_it_is_ours_and_reads_what_happened(ann: User) -> None:
    with listening() as listener:
        (delivery,) = waiting(ann, listener)
        assert send(delivery).state == "delivered"
    (message,) = listener.messages
    secret = secret_of(delivery.webhook.salt)
    assert is_from_the_hub(secret, message.headers, message.body)
    assert not is_from_the_hub(secret, message.headers, message.body + b" ")
    assert not is_from_the_hub(secret_of("another"), message.headers, message.body)
    old = {**message.headers, "X-Tributary-Timestamp": "1763928000"}
    assert not is_from_the_hub(secret, old, message.body)
    assert message.headers["X-Tributary-Event"] == "commented"
    assert message.headers["X-Tributary-Delivery"] == str(delivery.pk)
    told = json.loads(message.body)
    assert (told["version"], told["event"]["body"]) == (1, "Word 0. Grüße.")
    assert told["contribution"]["number"] == delivery.event.contribution_id  # type: ignore[union-attr]
    assert (delivery.response_status, delivery.attempt) == (204, 1)


def test_what_waits_goes_in_order_in_one_go(ann: User) -> None:
    with listening() as listener:
        first, *_ = waiting(ann, listener, 3)
        assert deliver_to(webhook_id=first.webhook_id, worker="test") == 3
    words = [json.loads(message.body)["event"]["body"][:6] for message in listener.messages]
    assert words == ["Word 0", "Word 1", "Word 2"]


def test_500_then_200_is_tried_again_under_the_same_number(ann: User) -> None:
    with listening(says(500, "<h1>Broken</h1>"), says(200)) as listener:
        (delivery,) = waiting(ann, listener)
        send(delivery)
        assert (delivery.state, delivery.response_status) == ("queued", 500)
        assert delivery.response == "<h1>Broken</h1>"
        assert 45 < pause_of(delivery) < 75
        assert send(delivery).attempt == 1, "the pause is not over"
        hurry(delivery)
        assert (send(delivery).state, delivery.attempt) == ("delivered", 2)
    numbers = {message.headers["X-Tributary-Delivery"] for message in listener.messages}
    assert numbers == {str(delivery.pk)}


def test_pauses_grow_to_most_of_a_day() -> None:
    pauses = [deliver._pause(attempt, None) for attempt in range(1, deliver.ATTEMPTS)]
    assert all(1.9 < later / earlier < 4.6 for earlier, later in pairwise(pauses))
    assert 12 * 3600 < sum(pauses) < 24 * 3600


@pytest.mark.parametrize(("status", "heeded"), [(429, True), (503, True), (500, False)])
def test_retry_after_is_heeded_where_it_means_that(ann: User, status: int, heeded: bool) -> None:
    with listening(says(status, retry_after="7200")) as listener:
        (delivery,) = waiting(ann, listener)
        send(delivery)
    assert (pause_of(delivery) > 7000) is heeded


def test_a_redirect_is_a_failure(ann: User) -> None:
    with listening() as inside, listening(says(307, location=inside.url)) as listener:
        (delivery,) = waiting(ann, listener)
        assert (send(delivery).state, delivery.response_status) == ("queued", 307)
    assert inside.messages == []


def test_an_address_that_became_private_is_not_called(ann: User, settings: Settings) -> None:
    with listening() as listener:
        (delivery,) = waiting(ann, listener)
        settings.WEBHOOK_ALLOW_PRIVATE = False
        send(delivery)
    assert (delivery.state, delivery.response_status) == ("queued", None)
    assert "https" in delivery.response
    assert listener.messages == []


def test_an_address_that_fails_is_left_until_the_sweep(ann: User) -> None:
    with listening(says(500)) as listener:
        first, second = waiting(ann, listener, 2)
        assert deliver_to(webhook_id=first.webhook_id, worker="test") == 0
    assert len(listener.messages) == 1
    second.refresh_from_db()
    assert (second.state, second.attempt) == ("queued", 0)


def test_after_the_last_attempt_it_is_given_up_and_can_be_sent_again_by_hand(ann: User) -> None:
    with listening(*[says(500)] * deliver.ATTEMPTS, says(200)) as listener:
        (delivery,) = waiting(ann, listener)
        for _ in range(deliver.ATTEMPTS):
            hurry(delivery)
            send(delivery)
        assert (delivery.state, delivery.webhook.active) == ("failed", True)
        redeliver(actor=ann, delivery=Delivery.objects.get(pk=delivery.pk))
        assert (send(delivery).state, delivery.attempt) == ("delivered", 1)
    with pytest.raises(IllegalMove):
        redeliver(actor=ann, delivery=delivery)


def test_a_webhook_that_takes_nothing_is_switched_off_and_its_owner_told(
    ann: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with listening(says(410, "gone")) as listener:
        deliveries = waiting(ann, listener, deliver.PATIENCE + 1)
        last = {"attempt": deliver.ATTEMPTS - 1}
        Delivery.objects.filter(webhook=deliveries[0].webhook).update(**last)
        with django_capture_on_commit_callbacks(execute=True):
            for delivery in deliveries:
                send(delivery)
    webhook = Webhook.objects.get()
    assert (webhook.active, webhook.failures) == (False, deliver.PATIENCE)
    assert "410 gone" in webhook.stopped_why
    (letter,) = mail.outbox
    assert (letter.to, webhook.url in letter.body) == (["ann@example.org"], True)
    sweep_deliveries()
    assert Delivery.objects.filter(webhook=webhook, state="cancelled").count() == 1
    switch_webhook(actor=ann, webhook=webhook, on=True)
    webhook.refresh_from_db()
    assert (webhook.active, webhook.failures, webhook.stopped_why) == (True, 0, "")


def test_one_success_forgets_the_failures(ann: User) -> None:
    with listening() as listener:
        (delivery,) = waiting(ann, listener)
        Webhook.objects.update(failures=deliver.PATIENCE - 1)
        send(delivery)
    assert Webhook.objects.get().failures == 0


def test_a_test_is_one_attempt(ann: User) -> None:
    with listening(says(500)) as listener:
        webhook = make_webhook(ann, listener.url)
        ping = send(try_webhook(actor=ann, webhook=webhook))
    assert (ping.state, ping.attempt) == ("failed", 1)
    assert listener.messages[0].headers["X-Tributary-Event"] == "ping"
    webhook.refresh_from_db()
    assert webhook.failures == 0
    for _ in range(3):
        try_webhook(actor=ann, webhook=webhook)
    with pytest.raises(Refusal, match="on their way"):
        try_webhook(actor=ann, webhook=webhook)


def test_a_worker_that_died_is_noticed_and_its_delivery_taken_back(ann: User) -> None:
    webhook = make_webhook(ann)
    held = {"state": "sending", "attempt": 1, "lease_token": 1}
    dead = make_ping(webhook, **held, lease_until=timezone.now() - timedelta(minutes=1))
    alive = make_ping(webhook, **held, lease_until=timezone.now() + timedelta(minutes=1))
    sweep_deliveries()
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {dead.pk: "queued", alive.pk: "sending"}


def test_a_lost_message_is_sent_again_once_a_webhook(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = make_webhook(ann)
    long_ago = timezone.now() - timedelta(minutes=1)
    for sent_at in (None, long_ago, timezone.now()):
        make_ping(webhook, sent_at=sent_at)
    make_ping(make_webhook(ann), not_before=timezone.now() + timedelta(hours=1))
    sent: list[object] = []
    monkeypatch.setattr(
        "hub.queue.app.send_task", lambda name, args, **_: sent.append((name, args))
    )
    sweep_deliveries()
    assert sent == [("contributions.deliver", (webhook.pk,))]
    sweep_deliveries()
    assert len(sent) == 1


def test_old_deliveries_are_forgotten_and_those_that_wait_are_not(ann: User) -> None:
    webhook = make_webhook(ann)
    old = Now() - timedelta(days=31)
    make_ping(webhook, state="delivered", finished_at=old)
    kept = [make_ping(webhook, state="failed", finished_at=Now()), make_ping(webhook)]
    assert forget_deliveries() == 1
    assert set(webhook.deliveries.all()) == set(kept)


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_message_once(ann: User) -> None:
    with listening() as listener:
        first, *_ = waiting(ann, listener, 12)
        at_once(6, lambda _: deliver_to(webhook_id=first.webhook_id, worker="test"))
        deliver_to(webhook_id=first.webhook_id, worker="test")
    numbers = [message.headers["X-Tributary-Delivery"] for message in listener.messages]
    assert len(numbers) == len(set(numbers)) == 12
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
