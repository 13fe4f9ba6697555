"""One's webhooks on the settings pages."""

from typing import Any

import pytest
from django.test import Client

from contributions.models import Delivery, Webhook
from contributions.signing import secret_of
from hub.models import User, WorkingGroup
from tests.conftest import signed_in
from tests.contributions.hearing import make_ping, make_webhook
from tests.factories import PASSWORD
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db
URL = "/account/webhooks/"


def made(client: Client, **fields: Any) -> Any:
    return client.post(URL, {"url": "https://example.org/hook", **fields})


def test_making_one_shows_its_secret_once(ann: User) -> None:
    client = signed_in(ann)
    group = WorkingGroup.objects.get(slug="data")
    answer = made(client, verbs=["merged", "closed"], kinds=["add_dataset"], group=group.pk)
    webhook = Webhook.objects.get()
    assert (webhook.owner, webhook.group, webhook.active) == (ann, group, True)
    assert (webhook.verbs, webhook.kinds) == (["merged", "closed"], ["add_dataset"])
    assert secret_of(webhook.salt) in answer.content.decode()
    assert secret_of(webhook.salt) not in client.get(URL).content.decode()


def test_what_is_refused_keeps_what_was_typed(ann: User) -> None:
    answer = made(signed_in(ann), url="https://192.168.1.1/hook", verbs=["merged"])
    html = answer.content.decode()
    assert (answer.status_code, Webhook.objects.exists()) == (422, False)
    assert "Only public addresses are called." in html
    assert 'value="https://192.168.1.1/hook"' in html
    assert answer.context["form"]["verbs"].value() == ["merged"]


def test_the_secret_asks_for_the_password_again(ann: User) -> None:
    webhook = make_webhook(ann)
    client, path = signed_in(ann), f"{URL}{webhook.pk}/secret/"
    asked = client.get(path)
    assert (asked.status_code, "/reauthenticate/" in asked["Location"]) == (302, True)
    client.post(asked["Location"], {"password": PASSWORD})
    assert secret_of(webhook.salt) in client.get(path).content.decode()


def test_it_is_changed_switched_and_tried(ann: User) -> None:
    webhook = make_webhook(ann)
    client, path = signed_in(ann), f"{URL}{webhook.pk}/"
    client.post(path, {"url": "https://example.org/other", "verbs": ["merged"]})
    webhook.refresh_from_db()
    assert (webhook.url, webhook.verbs) == ("https://example.org/other", ["merged"])
    client.post(f"{path}try/")
    assert Delivery.objects.get().payload["event"]["verb"] == "ping"
    client.post(f"{path}switch/", {"on": "0"})
    webhook.refresh_from_db()
    assert not webhook.active
    answer = client.post(f"{path}try/", follow=True)
    assert "Switch the webhook on first." in answer.content.decode()


def test_the_log_shows_what_was_sent_and_answered_as_text(ann: User) -> None:
    webhook = make_webhook(ann)
    failed = make_ping(webhook, state="failed", response_status=500, response="<script>x</script>")
    client = signed_in(ann)
    html = client.get(f"{URL}{webhook.pk}/").content.decode()
    assert "&lt;script&gt;x&lt;/script&gt;" in html
    assert "<script>x" not in html
    assert "&quot;verb&quot;: &quot;ping&quot;" in html
    client.post(f"/account/deliveries/{failed.pk}/again/")
    failed.refresh_from_db()
    assert failed.state == "queued"


def test_a_long_log_costs_what_a_short_one_does(ann: User) -> None:
    webhook = make_webhook(ann)
    make_ping(webhook)
    client = signed_in(ann)

    def read() -> Any:
        return client.get(f"{URL}{webhook.pk}/")

    assert_constant_queries(read, lambda: [make_ping(webhook) for _ in range(40)])
    assert "cursor=" in read().context["next_url"]
