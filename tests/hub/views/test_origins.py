"""Webhooks of origins, lent tokens, and what pages say of a repository that changed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from hub import sealing
from hub.actions.add_origin_token import add_origin_token
from hub.models import Dataset, ModelVariant, OriginChange, OriginToken, User
from hub.views.webhooks import MOST_BYTES
from tests.conftest import signed_in
from tests.factories import make_checkpoint, make_dataset, make_variant
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

SECRET = "a long secret that both sides know"
HOOK = "/webhooks/huggingface/"
EVENT: dict[str, Any] = {
    "event": {"action": "update", "scope": "repo.content"},
    "repo": {"type": "model", "name": "sea/salt", "id": "0" * 24, "headSha": "f" * 40},
    "updatedRefs": [{"ref": "refs/heads/main", "oldSha": "0" * 40, "newSha": "f" * 40}],
    "webhook": {"id": "1", "version": 3},
}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What went to the broker."""
    messages: list[tuple[Any, ...]] = []

    def send(*args: Any, **_: Any) -> bool:
        messages.append(args)
        return True

    monkeypatch.setattr("hub.queue.send", send)
    return messages


@pytest.fixture
def variant() -> ModelVariant:
    later = timezone.now() + timedelta(hours=20)
    return make_variant("sea/salt", origin_look_at=later)


def post(client: Client, event: object = EVENT, secret: str = SECRET) -> int:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    answer = client.post(
        HOOK, body, content_type="application/json", headers={"X-Webhook-Secret": secret}
    )
    return answer.status_code


def is_due(entry: ModelVariant | Dataset) -> bool:
    entry.refresh_from_db()
    return entry.origin_look_at is not None and entry.origin_look_at <= timezone.now()


def test_an_event_has_the_repository_looked_at(
    client: Client,
    variant: ModelVariant,
    settings: Settings,
    sent: list[tuple[Any, ...]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.ORIGIN_WEBHOOK_SECRET = SECRET
    with django_capture_on_commit_callbacks(execute=True):
        assert post(client) == 202
    assert is_due(variant)
    assert sent == [("hub.look", "model", variant.pk, "sea/salt")]
    # Nothing of what it said was believed.
    assert (variant.origin_commit, variant.origin_id) == ("", "")


def test_a_moved_repository_is_found_by_its_own_id(
    client: Client,
    variant: ModelVariant,
    settings: Settings,
    sent: list[tuple[Any, ...]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.ORIGIN_WEBHOOK_SECRET = SECRET
    ModelVariant.objects.update(origin_id="abc", repo_id="old/name")
    moved = {
        "repo": {"type": "model", "name": "x/y", "id": "abc"},
        "movedTo": {"name": "sea/brine"},
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert post(client, moved) == 202
    assert sent == [("hub.look", "model", variant.pk, "sea/brine")]


def test_datasets_are_their_own_kind(
    client: Client, variant: ModelVariant, settings: Settings
) -> None:
    settings.ORIGIN_WEBHOOK_SECRET = SECRET
    dataset = make_dataset("sea/salt")
    assert post(client, {"repo": {"type": "dataset", "name": "SEA/Salt"}}) == 202
    assert (is_due(dataset), is_due(variant)) == (True, False)


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], "ü"])
def test_who_does_not_know_the_secret_is_not_heard(
    client: Client, variant: ModelVariant, settings: Settings, secret: str
) -> None:
    settings.ORIGIN_WEBHOOK_SECRET = SECRET
    assert post(client, secret=secret) == 403
    assert not is_due(variant)


def test_without_a_secret_there_is_nobody_to_hear(client: Client, variant: ModelVariant) -> None:
    assert post(client, secret="") == 404
    assert client.get(HOOK).status_code == 405
    assert not is_due(variant)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b'{"repo": []}', 400),
        (b'{"repo": {"type": "space", "name": "sea/salt"}}', 202),
        (b'{"repo": {"type": ["model"], "name": {"a": 1}, "id": "\\u0000"}}', 202),
        (b'{"repo": {"type": "model"}}', 202),
        (b"x" * (MOST_BYTES + 1), 413),
    ],
    ids=["empty", "list", "deep", "no repo", "space", "nonsense", "no name", "long"],
)
def test_whatever_comes_is_answered(
    client: Client, variant: ModelVariant, settings: Settings, body: bytes, status: int
) -> None:
    settings.ORIGIN_WEBHOOK_SECRET = SECRET
    assert post(client, body) == status
    assert not is_due(variant)


# --- Lent tokens


def test_a_token_is_lent_seen_by_its_end_and_taken_back(ann: User) -> None:
    client = signed_in(ann)
    form = {"label": "Llama", "scope": "meta-llama", "secret": "hf_a_secret_1234"}
    assert client.post("/account/origin-tokens/", form)["Location"] == "/account/origin-tokens/"
    page = client.get("/account/origin-tokens/").content.decode()
    assert "…1234" in page
    assert "hf_a_secret" not in page
    token = OriginToken.objects.get()
    assert sealing.unseal(token.encrypted) == "hf_a_secret_1234"
    client.post(f"/account/origin-tokens/{token.pk}/remove/")
    assert not OriginToken.objects.exists()


def test_a_form_that_fails_keeps_all_but_the_secret(ann: User) -> None:
    form = {"label": "Llama", "scope": "a/b/c", "secret": "hf_a_secret_1234"}
    answer = signed_in(ann).post("/account/origin-tokens/", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "An owner, or owner/name" in page
    assert "Llama" in page
    assert "hf_a_secret" not in page


def test_a_refused_token_says_what_to_do(ann: User) -> None:
    add_origin_token(person=ann, label="Old", scope="", secret="hf_abcdefgh")
    OriginToken.objects.update(refused_at=timezone.now())
    assert "Refused" in signed_in(ann).get("/account/origin-tokens/").content.decode()


def test_the_api_takes_a_token_and_never_gives_it_back(
    api: APIClient, ann: User, sam: User
) -> None:
    api.force_authenticate(ann)
    made = api.post("/api/v1/origin-tokens/", {"label": "CI", "secret": "hf_a_secret_1234"})
    assert made.status_code == 201
    assert made.json()["hint"] == "1234"
    pk = made.json()["id"]
    listed = api.get("/api/v1/origin-tokens/")
    assert [row["id"] for row in listed.json()["results"]] == [pk]
    assert "hf_a_secret" not in made.content.decode() + listed.content.decode()
    api.force_authenticate(sam)
    assert api.get(f"/api/v1/origin-tokens/{pk}/").status_code == 404
    assert api.delete(f"/api/v1/origin-tokens/{pk}/").status_code == 404
    api.force_authenticate(ann)
    assert api.delete(f"/api/v1/origin-tokens/{pk}/").status_code == 204
    assert not OriginToken.objects.exists()


def test_lent_tokens_cost_the_same_queries_however_many(ann: User) -> None:
    client = signed_in(ann)

    def count() -> int:
        return count_queries(lambda: client.get("/account/origin-tokens/"))

    add_origin_token(person=ann, label="One", scope="", secret="hf_abcdefgh")
    one = count()
    for _ in range(4):
        add_origin_token(person=ann, label="More", scope="", secret="hf_abcdefgh")
    assert count() == one


# --- What pages say


def page_of(client: Client, entry: ModelVariant | Dataset) -> str:
    return client.get(entry.get_absolute_url()).content.decode()


def test_a_variant_says_that_its_repository_moved_on(client: Client, variant: ModelVariant) -> None:
    checkpoint = make_checkpoint(variant)
    ModelVariant.objects.update(origin_state="here", origin_commit="f" * 40)
    OriginChange.objects.create(
        variant=variant, kind="commit", before=checkpoint.commit, after="f" * 40
    )
    page = page_of(client, variant)
    assert "The repository moved on" in page
    assert "New commit" in page
    ModelVariant.objects.update(origin_digest=checkpoint.digest)
    assert "The repository moved on" not in page_of(client, variant)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("gone", "Gone from its origin"),
        ("replaced", "Another repository has this name now"),
        ("gated", "lend a token"),
    ],
)
def test_a_page_says_what_became_of_a_repository(
    client: Client, variant: ModelVariant, state: str, words: str
) -> None:
    dataset = make_dataset("sea/pool", origin_state=state)
    ModelVariant.objects.update(origin_state=state)
    assert words in page_of(client, variant)
    assert words in page_of(client, dataset)


def test_the_api_tells_what_was_seen(api: APIClient, variant: ModelVariant) -> None:
    OriginChange.objects.create(variant=variant, kind="renamed", before="a/b", after="sea/salt")
    ModelVariant.objects.update(origin_state="here", origin_commit="f" * 40)
    origin = api.get("/api/v1/variants/sea/salt/").json()["origin"]
    assert (origin["state"], origin["commit"]) == ("here", "f" * 40)
    (change,) = origin["changes"]
    assert (change["kind"], change["before"], change["after"]) == ("renamed", "a/b", "sea/salt")
