"""The OpenAPI schema is complete: every operation typed, every error in the one shape."""

from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

pytestmark = pytest.mark.django_db
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    out = StringIO()
    # fail_on_warn: a view that the generator has to guess about fails here.
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    made: dict[str, Any] = yaml.safe_load(out.getvalue())
    return made


def operations(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS and path.startswith("/api/v1/")
    ]


def test_every_operation_has_a_summary_and_the_error_shape(schema: dict[str, Any]) -> None:
    lacking = [
        name
        for name, operation in operations(schema)
        if "summary" not in operation or "default" not in operation["responses"]
    ]
    assert lacking == []


def test_every_post_may_carry_a_key(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        headers = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header"}
        assert ("Idempotency-Key" in headers) == name.startswith("POST"), name


def test_the_page_about_the_api_is_whole_without_a_script(client: Client) -> None:
    page = client.get("/api/docs/")
    html = page.content.decode()
    assert "/api/v1/variants/{owner}/{name}/" in html
    assert "Idempotency-Key" in html
    policy = page["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "unsafe-inline" not in client.get("/")["Content-Security-Policy"]
