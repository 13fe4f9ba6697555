"""Who may write: tokens, their scopes, their end."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from rest_framework.test import APIClient

from hub.actions.create_token import create_token
from hub.actions.revoke_token import revoke_token
from hub.models import Token, User
from hub.models.token import looks_real, new_secret
from hub.refusal import Refusal
from tests.conftest import signed_in
from tests.queries import count_queries

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.hub.api.doorbell")]


def bearing(secret: str) -> APIClient:
    return APIClient(headers={"authorization": f"Bearer {secret}"})


def secret_of(user: User, *scopes: str, **fields: object) -> str:
    return create_token(user=user, name="test", scopes=scopes, **fields)[1]  # type: ignore[arg-type]


def test_a_token_tells_who_it_is_and_what_it_may(ann: User) -> None:
    answer = bearing(secret_of(ann, "contribute")).get("/api/v1/me/")
    assert answer.json() == {
        "username": "ann",
        "role": "member",
        "scopes": ["contribute"],
        "page": "http://testserver/people/ann/",
    }


def test_a_token_with_the_scope_writes(ann: User) -> None:
    assert (
        bearing(secret_of(ann, "contribute")).post("/api/ring/", {"slug": "a"}).status_code == 201
    )


def test_a_token_without_the_scope_reads_but_does_not_write(ann: User) -> None:
    client = bearing(secret_of(ann, "review"))
    assert client.get("/api/ring/").status_code == 200
    answer = client.post("/api/ring/", {"slug": "a"})
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "This token lacks the scope “contribute”."


def test_a_view_that_names_no_scope_takes_no_writes_from_anybody(ann: User, dora: User) -> None:
    assert bearing(secret_of(ann, "contribute")).post("/api/no-scope/").status_code == 403
    assert signed_in(dora).post("/api/no-scope/").status_code == 403


def test_nobody_writes_without_signing_in(api: APIClient) -> None:
    answer = api.post("/api/ring/", {"slug": "a"})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"]["code"] == "not_authenticated"


def test_a_session_writes_with_the_csrf_token_only(ann: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ann)
    assert client.post("/api/ring/", {"slug": "a"}).status_code == 403
    assert signed_in(ann).post("/api/ring/", {"slug": "a"}, "application/json").status_code == 201


@pytest.mark.parametrize("state", ["expired", "revoked", "closed account", "unknown"])
def test_a_token_that_is_over_is_401(ann: User, state: str) -> None:
    past = timezone.now() - timedelta(seconds=1)
    secret = secret_of(ann, "contribute", expires_at=past if state == "expired" else None)
    if state == "revoked":
        revoke_token(actor=ann, token=Token.objects.get())
    if state == "closed account":
        User.objects.update(is_active=False)
    answer = bearing(new_secret() if state == "unknown" else secret).get("/api/ring/")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "authentication_failed"


@pytest.mark.parametrize("secret", ["", "trib_short", "trib_" + "a" * 42, "ü", "a b c"])
def test_what_cannot_be_a_token_never_reaches_the_database(secret: str) -> None:
    client = bearing(secret)
    assert count_queries(lambda: client.get("/api/ring/")) == 0


def test_a_secret_with_one_wrong_character_is_known_to_be_wrong() -> None:
    secret = new_secret()
    assert looks_real(secret)
    wrong = "a" if secret[10] != "a" else "b"
    assert not looks_real(f"{secret[:10]}{wrong}{secret[11:]}")


def test_the_use_of_a_token_is_noted_once_a_minute(ann: User) -> None:
    client = bearing(secret_of(ann))
    first = count_queries(lambda: client.get("/api/v1/me/"))
    noted = Token.objects.get().last_used_at
    assert noted
    assert count_queries(lambda: client.get("/api/v1/me/")) == first - 1
    assert Token.objects.get().last_used_at == noted
    Token.objects.update(last_used_at=noted - timedelta(minutes=2))
    client.get("/api/v1/me/")
    assert Token.objects.get().last_used_at >= noted  # type: ignore[operator]


def test_only_the_digest_is_kept(ann: User) -> None:
    secret = secret_of(ann)
    token = Token.objects.get()
    kept = f"{token.digest} {token.hint} {token.name}"
    assert secret not in kept
    assert len(token.hint) < 12


def test_a_person_has_at_most_fifty_tokens(ann: User) -> None:
    for _ in range(50):
        secret_of(ann)
    with pytest.raises(Refusal) as refused:
        secret_of(ann)
    assert refused.value.code == "too_many_tokens"


def test_the_command_prints_the_token_and_nothing_else(
    ann: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("create_token", "ANN", "--scopes", "contribute,review", "--name", "laptop")
    printed = capsys.readouterr().out
    assert looks_real(printed.strip())
    assert printed.count("\n") == 1
    token = Token.objects.get()
    assert (token.name, token.scopes) == ("laptop", ["contribute", "review"])


@pytest.mark.parametrize(("who", "scopes"), [("nobody", "review"), ("ann", "everything")])
def test_the_command_says_what_is_wrong(ann: User, who: str, scopes: str) -> None:
    with pytest.raises(CommandError, match=r"nobody|everything"):
        call_command("create_token", who, "--scopes", scopes)
