"""Whatever goes wrong, the answer has one shape."""

import pytest
from django.conf import settings
from django.test import override_settings
from rest_framework.test import APIClient

from hub.models import User
from tests.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.hub.api.doorbell")]


def error_of(answer: object) -> dict[str, object]:
    body = answer.json()  # type: ignore[attr-defined]
    assert set(body) == {"error"}
    error: dict[str, object] = body["error"]
    assert {"code", "message", "fields"} <= set(error)
    return error


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("refusal", 400, "too_loud"),
        ("moved", 409, "illegal_move"),
        ("denied", 403, "permission_denied"),
        ("missing", 404, "not_found"),
        ("nested", 400, "invalid"),
        ("loose", 400, "invalid"),
    ],
)
def test_each_refusal_has_its_status_and_code(
    api: APIClient, kind: str, status: int, code: str
) -> None:
    answer = api.get(f"/api/trouble/{kind}/")
    assert (answer.status_code, error_of(answer)["code"]) == (status, code)


def test_fields_are_named_by_their_path(api: APIClient) -> None:
    assert error_of(api.get("/api/trouble/refusal/"))["fields"] == {"slug": ["Softer."]}
    assert error_of(api.get("/api/trouble/nested/"))["fields"] == {"edges.1.relation": ["Unknown."]}
    loose = error_of(api.get("/api/trouble/loose/"))
    assert (loose["message"], loose["fields"]) == ("All of it is wrong.", {})


def test_a_bug_tells_its_number_and_no_secret(api: APIClient) -> None:
    api.raise_request_exception = False
    answer = api.get("/api/trouble/bug/")
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (500, "server_error")
    assert str(error["request_id"]) in str(error["message"])
    assert "secret" not in answer.content.decode()


def test_the_wrong_type_and_broken_json(ann: User) -> None:
    client = signed_in(ann)
    wrong_type = client.post("/api/ring/", "<a/>", "text/xml")
    assert (wrong_type.status_code, error_of(wrong_type)["code"]) == (415, "unsupported_media_type")
    broken = client.post("/api/ring/", "{", "application/json")
    assert (broken.status_code, error_of(broken)["code"]) == (400, "parse_error")


def test_a_method_that_nothing_takes_is_405(ann: User) -> None:
    answer = signed_in(ann).put("/api/ring/", {}, "application/json")
    assert (answer.status_code, error_of(answer)["code"]) == (405, "method_not_allowed")


def test_an_address_that_leads_nowhere_is_404_in_the_same_shape(api: APIClient) -> None:
    assert error_of(api.get("/api/v1/nothing/"))["code"] == "not_found"
    assert api.get("/nothing/")["Content-Type"].startswith("text/html")


def test_too_many_requests_say_when_to_come_back(api: APIClient, ann: User) -> None:
    rates = {"address": "3/min", "person": "5/min"}
    with override_settings(REST_FRAMEWORK=_with_rates(rates)):
        assert [api.get("/api/ring/").status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = api.get("/api/ring/")
        assert error_of(refused)["code"] == "throttled"
        assert 0 < int(refused["Retry-After"]) <= 60
        # Whoever signs in is counted by name, not by address.
        client = signed_in(ann)
        statuses = [client.get("/api/ring/").status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]


def test_another_address_has_its_own_window(api: APIClient) -> None:
    with override_settings(REST_FRAMEWORK=_with_rates({"address": "1/min"})):
        assert api.get("/api/ring/", REMOTE_ADDR="192.0.2.1").status_code == 200
        assert api.get("/api/ring/", REMOTE_ADDR="192.0.2.1").status_code == 429
        assert api.get("/api/ring/", REMOTE_ADDR="192.0.2.2").status_code == 200
        # One subscriber, one IPv6 /64.
        assert api.get("/api/ring/", REMOTE_ADDR="2001:db8::1").status_code == 200
        assert api.get("/api/ring/", REMOTE_ADDR="2001:db8::2").status_code == 429


def test_without_redis_everybody_passes(api: APIClient) -> None:
    nowhere = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    with override_settings(REST_FRAMEWORK=_with_rates({"address": "1/min"}), CACHES=nowhere):
        assert [api.get("/api/ring/").status_code for _ in range(3)] == [200] * 3


def _with_rates(rates: dict[str, str]) -> dict[str, object]:
    return {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
