"""Inbox, watching, mail and webhooks by API: all that the pages do."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from contributions.actions.announce import announce
from contributions.actions.comment import comment
from contributions.models import Delivery, Webhook
from contributions.signing import secret_of
from hub.actions.create_token import create_token
from hub.models import User
from tests.contributions.hearing import make_ping, make_webhook
from tests.contributions.stories import submitted
from tests.factories import make_dataset, make_variant
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


def client_of(person: User, *scopes: str) -> APIClient:
    _, secret = create_token(user=person, name="script", scopes=list(scopes))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def script(ann: User) -> APIClient:
    return client_of(ann, "contribute")


def test_the_inbox_is_listed_and_marked(ann: User, sam: User, script: APIClient) -> None:
    first, second = submitted(ann), submitted(ann, "sea/salt")
    for contribution in (first, second, first):
        comment(author=sam, contribution=contribution, body="Hello.")
    announce()
    rows = script.get(f"{V1}/inbox/").json()["results"]
    assert [row["contribution"] for row in rows] == [first.pk, second.pk, first.pk]
    assert {row["what"] for row in rows} == {"sam commented"}
    assert (rows[0]["actor"], rows[0]["why"], rows[0]["read_at"]) == ("sam", "author", None)

    def mark(**body: Any) -> int:
        return int(script.post(f"{V1}/inbox/read/", body).json()["marked"])

    assert mark(id=rows[0]["id"]) == 1
    assert mark(contribution=first.pk) == 1
    assert mark(up_to=rows[-1]["id"]) == 0
    assert mark() == 1
    assert script.get(f"{V1}/inbox/").json()["results"] == []
    assert len(script.get(f"{V1}/inbox/?show=all").json()["results"]) == 3
    assert script.post(f"{V1}/inbox/read/", {"contribution": 999}).status_code == 404


def test_a_long_inbox_costs_what_a_short_one_does(ann: User, sam: User, script: APIClient) -> None:
    contribution = submitted(ann)

    def more() -> None:
        for _ in range(15):
            comment(author=sam, contribution=contribution, body="Hello.")
        announce()

    more()
    assert_constant_queries(lambda: script.get(f"{V1}/inbox/"), more)


def test_a_token_without_the_scope_reads_and_does_not_write(ann: User) -> None:
    client = client_of(ann)
    assert client.get(f"{V1}/inbox/").status_code == 200
    for path, body in (
        ("inbox/read/", {}),
        ("mail/", {"pace": "off"}),
        ("webhooks/", {"url": "https://example.org/"}),
    ):
        assert client.post(f"{V1}/{path}", body).status_code == 403


def test_things_are_watched(ann: User, script: APIClient) -> None:
    variant, dataset = make_variant("sea/salt"), make_dataset("sea/foam")
    contribution = submitted(ann)
    for path in (
        f"contributions/{contribution.pk}",
        f"variants/{variant.full_name}",
        f"datasets/{dataset.full_name}",
    ):
        url = f"{V1}/{path}/watch/"
        for attention in ("watching", "not_watching"):
            assert script.post(url, {"attention": attention}).json() == {"attention": attention}
            assert script.get(url).json() == {"attention": attention}
    assert script.post(url, {"attention": "muted"}).status_code == 400


def test_mail_is_chosen(script: APIClient) -> None:
    assert script.get(f"{V1}/mail/").json() == {"pace": "digest"}
    assert script.post(f"{V1}/mail/", {"pace": "off"}).json() == {"pace": "off"}
    assert script.post(f"{V1}/mail/", {"pace": "hourly"}).status_code == 400


def test_a_webhook_from_making_to_sending_again(ann: User, script: APIClient) -> None:
    wish = {"url": "https://example.org/hook", "verbs": ["merged"], "group": "data"}
    made = script.post(f"{V1}/webhooks/", wish)
    webhook = Webhook.objects.get()
    assert made.status_code == 201
    assert made.json()["secret"] == secret_of(webhook.salt)
    url = f"{V1}/webhooks/{webhook.pk}/"
    assert made["Location"].endswith(url)
    said = script.get(url).json()
    assert "secret" not in said
    assert (said["verbs"], said["group"], said["active"]) == (["merged"], "data", True)
    changed = script.post(url, {"url": "https://example.org/other"}).json()
    assert (changed["url"], changed["verbs"], changed["group"]) == (
        "https://example.org/other",
        [],
        None,
    )
    ping = script.post(f"{url}try/")
    assert (ping.status_code, ping.json()["state"]) == (202, "queued")
    Delivery.objects.update(state="failed", response="Nobody listens there.")
    (row,) = script.get(f"{url}deliveries/").json()["results"]
    assert (row["id"], row["response"]) == (ping.json()["id"], "Nobody listens there.")
    again = script.post(f"{V1}/deliveries/{row['id']}/again/")
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    assert script.post(f"{url}switch/", {"on": False}).json()["active"] is False


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"url": "http://example.org/"}, "url"),
        ({"url": "https://example.org/", "verbs": ["sneezed"]}, "verbs"),
        ({"url": "https://example.org/", "group": "nobody"}, "group"),
        ({}, "url"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(
    script: APIClient, wish: dict[str, Any], field: str
) -> None:
    answer = script.post(f"{V1}/webhooks/", wish)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])


def test_somebody_elses_webhook_is_not_there(ann: User, sam: User) -> None:
    webhook = make_webhook(ann)
    ping = make_ping(webhook, state="failed")
    client = client_of(sam, "contribute")
    assert client.get(f"{V1}/webhooks/").json()["results"] == []
    assert client.get(f"{V1}/webhooks/{webhook.pk}/").status_code == 404
    assert client.post(f"{V1}/webhooks/{webhook.pk}/try/").status_code == 404
    assert client.get(f"{V1}/webhooks/{webhook.pk}/deliveries/").json()["results"] == []
    assert client.post(f"{V1}/deliveries/{ping.pk}/again/").status_code == 404
