"""The same POST twice happens once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.models import IdempotentAnswer, User, WorkingGroup
from tests.factories import make_user
from tests.hub.api import doorbell
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.hub.api.doorbell")]


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def ring(client: APIClient, key: str, slug: str, **more: str) -> Any:
    return client.post(
        "/api/ring/", {"slug": slug, **more}, format="json", headers={"Idempotency-Key": key}
    )


def test_the_second_time_the_first_answer_comes_again(ann: User) -> None:
    client = client_of(ann)
    first, second = ring(client, "k", "bell"), ring(client, "k", "bell")
    assert WorkingGroup.objects.filter(slug="bell").count() == 1
    assert (second.status_code, second.json()) == (201, first.json())
    assert second["Location"] == first["Location"]
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first


def test_the_same_key_with_another_body_is_422(ann: User) -> None:
    client = client_of(ann)
    ring(client, "k", "bell")
    answer = ring(client, "k", "gong")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "idempotency_key_reused"
    assert not WorkingGroup.objects.filter(slug="gong").exists()


def test_another_person_may_use_the_same_key(ann: User, sam: User) -> None:
    assert ring(client_of(ann), "k", "bell").status_code == 201
    assert ring(client_of(sam), "k", "gong").status_code == 201


@pytest.mark.parametrize("how", ["refusal", "answer"])
def test_a_refused_request_left_nothing_and_may_be_tried_again(ann: User, how: str) -> None:
    client = client_of(ann)
    assert ring(client, "k", "bell", fail=how).status_code == 400
    assert not WorkingGroup.objects.filter(slug="bell").exists()
    assert not IdempotentAnswer.objects.exists()
    assert ring(client, "k", "bell").status_code == 201


@pytest.mark.parametrize("key", [" ", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_400(ann: User, key: str) -> None:
    assert ring(client_of(ann), key, "bell").status_code == 400


def test_without_a_key_everything_happens_each_time(ann: User) -> None:
    client = client_of(ann)
    assert client.post("/api/ring/", {"slug": "a"}).status_code == 201
    assert client.post("/api/ring/", {"slug": "b"}).status_code == 201
    assert not IdempotentAnswer.objects.exists()


def test_an_answer_is_kept_for_a_day(ann: User) -> None:
    client = client_of(ann)
    ring(client, "k", "bell")
    kept = IdempotentAnswer.objects.get()
    kept.created_at -= timedelta(hours=25)
    kept.save(update_fields=["created_at"])
    assert ring(client, "k", "gong").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_twins_at_the_same_time_one_happens_and_both_are_answered() -> None:
    client_user = make_user()
    answers = at_once(8, lambda _: ring(client_of(client_user), "k", "bell"))
    assert WorkingGroup.objects.filter(slug="bell").count() == 1
    assert {answer.status_code for answer in answers} == {201}
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 7


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_waited_too_long_is_told_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.idempotency.LOCK_SECONDS", 0.05)
    user, answers = make_user(), []
    doorbell.inside.clear()
    doorbell.go_on.clear()

    def first() -> None:
        answers.extend(at_once(1, lambda _: ring(client_of(user), "k", "bell")))

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert doorbell.inside.wait(10)
        twin = ring(client_of(user), "k", "bell")
    finally:
        doorbell.go_on.set()
        thread.join()
    assert (twin.status_code, twin.json()["error"]["code"]) == (409, "idempotency_in_progress")
    assert answers[0].status_code == 201
