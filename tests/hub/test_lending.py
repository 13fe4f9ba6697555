"""People's tokens against our own mirror's gate: whose is used for what, where it goes, who is told."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.exceptions import PermissionDenied
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from hub import lending, origins, sealing
from hub.actions.add_origin_token import MAX_TOKENS, add_origin_token
from hub.actions.host_repository import host_repository
from hub.actions.remove_origin_token import remove_origin_token
from hub.lending import sponsors_of, with_tokens_of
from hub.manifest import Manifest
from hub.models import HostedRepository, OriginToken, User
from hub.origins import OriginError
from hub.origins.lent import lending as lend
from hub.refusal import Refusal
from tests.factories import make_user, make_variant
from tests.hub.origins.misbehaving import misbehaving
from tests.hub.repositories import make_token, write_repository

pytestmark = [pytest.mark.urls("tests.hub.repositories"), pytest.mark.django_db(transaction=True)]

GATED = "headwaters/gated"


@pytest.fixture(autouse=True)
def own_origin(live_server: LiveServer, settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    settings.HF_TOKEN = ""
    host_repository(
        folder=write_repository(tmp_path / "gated"), owner="headwaters", name="gated", gated=True
    )


@pytest.fixture
def reader() -> User:
    """Somebody who accepted the terms."""
    reader = make_user("reader")
    HostedRepository.objects.get().readers.add(reader)
    return reader


def read() -> Manifest:
    origin = origins.get()
    return origin.manifest(origin.describe(GATED))


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(OriginError) as error:
        call()
    return error.value.code


def lent_by(person: User, secret: str, scope: str = "") -> OriginToken:
    return add_origin_token(person=person, label="Mine", scope=scope, secret=secret)


def test_a_gate_opens_with_the_token_of_who_asks(reader: User) -> None:
    assert code_of(read) == "gated"
    token = lent_by(reader, make_token(reader))
    assert with_tokens_of([reader.pk], GATED, read).parameters == 120
    token.refresh_from_db()
    assert (token.last_used_at is not None, token.refused_at) == (True, None)


def test_nobody_elses_token_opens_it(reader: User, sam: User) -> None:
    lent_by(reader, make_token(reader))
    assert code_of(lambda: with_tokens_of([sam.pk], GATED, read)) == "gated"
    reader.is_active = False
    reader.save()
    assert code_of(lambda: with_tokens_of([reader.pk], GATED, read)) == "gated"


@pytest.mark.parametrize(
    ("scope", "opens"),
    [
        ("", True),
        ("headwaters", True),
        ("HeadWaters/Gated", True),
        ("headwaters/gate", False),
        ("headwater", False),
        ("rivers", False),
    ],
)
def test_a_token_is_used_within_its_scope(reader: User, scope: str, *, opens: bool) -> None:
    token = lent_by(reader, make_token(reader), scope)
    assert token.covers(GATED) is opens
    if not opens:
        assert code_of(lambda: with_tokens_of([reader.pk], GATED, read)) == "gated"


def test_what_is_public_is_read_without_any(reader: User) -> None:
    HostedRepository.objects.update(gated=False)
    token = lent_by(reader, make_token(reader))
    with_tokens_of([reader.pk], GATED, read)
    token.refresh_from_db()
    assert token.last_used_at is None


def test_a_refused_token_says_whose_turn_it_is(sam: User) -> None:
    """A good token of somebody who has not accepted the terms; then one that is none."""
    for secret in (make_token(sam), "hf_wrong_altogether"):
        token = lent_by(sam, secret)
        with pytest.raises(OriginError) as error:
            with_tokens_of([sam.pk], GATED, read)
        assert (error.value.code, error.value.whose) == ("bad_origin_token", "submitter")
        assert "sam" in error.value.message
        assert "“Mine”" in error.value.message
        token.refresh_from_db()
        assert token.refused_at is not None
        token.delete()


def test_a_refused_token_works_once_its_owner_accepted_the_terms(sam: User) -> None:
    token = lent_by(sam, make_token(sam))
    assert code_of(lambda: with_tokens_of([sam.pk], GATED, read)) == "bad_origin_token"
    HostedRepository.objects.get().readers.add(sam)
    with_tokens_of([sam.pk], GATED, read)
    token.refresh_from_db()
    assert token.refused_at is None


def test_the_next_token_is_tried_when_one_is_refused(reader: User, sam: User) -> None:
    lent_by(sam, "hf_wrong_altogether")
    lent_by(reader, make_token(reader))
    assert with_tokens_of([sam.pk, reader.pk], GATED, read).parameters == 120


def test_an_origin_in_trouble_refuses_no_token(reader: User, settings: Settings) -> None:
    token = lent_by(reader, make_token(reader))
    calls = []

    def work() -> None:
        calls.append(1)
        raise OriginError("gated" if len(calls) == 1 else "origin_slow", **DETAILS)

    assert code_of(lambda: with_tokens_of([reader.pk], GATED, work)) == "origin_slow"
    token.refresh_from_db()
    assert token.refused_at is None


DETAILS: dict[str, Any] = {"what": GATED, "host": "origin", "seconds": 1.0}


def test_a_token_goes_to_its_repository_at_the_origin_and_nowhere_else(settings: Settings) -> None:
    settings.ORIGIN_HOSTS = ["127.0.0.1"]
    files = {"README.md": b"# Card", "config.json": b"{}"}
    with misbehaving(files) as hub, misbehaving(files) as storage:
        settings.HF_ENDPOINT, hub.redirect = hub.url, storage.url
        with lend("a/b", "hf_lent"):
            origins.get().describe("a/b")
            origins.get().read("c/d", "x", "config.json", max_bytes=10)
        sent = {path: headers.get("Authorization") for _, path, headers in hub.requests}
        assert {sent[path] for path in sent if "/a/b" in path} == {"Bearer hf_lent"}
        assert [sent[path] for path in sent if "/c/d" in path] == [None]
        assert storage.requests
        assert all("Authorization" not in headers for _, _, headers in storage.requests)


def test_no_log_and_no_error_has_a_token_in_it(
    reader: User, sam: User, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = [make_token(reader), "hf_wrong_altogether"]
    lent_by(sam, secrets[1])
    lent_by(reader, secrets[0])
    with caplog.at_level(logging.DEBUG):
        with_tokens_of([sam.pk, reader.pk], GATED, read)
        with pytest.raises(OriginError) as error:
            with_tokens_of([sam.pk], GATED, read)
        with lend(GATED, secrets[0]):
            told = [
                repr(origins.get()),
                str(error.value),
                repr(OriginToken.objects.get(person=sam)),
            ]
    for secret in secrets:
        assert all(secret not in text for text in (caplog.text, *told))


# --- Kept


def test_the_database_has_no_secret_in_it(sam: User) -> None:
    token = OriginToken.objects.get(pk=lent_by(sam, "hf_a_secret_of_sam").pk)
    assert b"secret" not in bytes(token.encrypted)
    assert (token.hint, sealing.unseal(token.encrypted)) == ("_sam", "hf_a_secret_of_sam")


def test_keys_are_rotated_by_use(reader: User, settings: Settings) -> None:
    settings.ORIGIN_TOKEN_KEYS = ["the first key of all"]
    token = lent_by(reader, make_token(reader))
    settings.ORIGIN_TOKEN_KEYS = ["a newer key", "the first key of all"]
    with_tokens_of([reader.pk], GATED, read)
    settings.ORIGIN_TOKEN_KEYS = ["a newer key"]
    token.refresh_from_db()
    assert sealing.unseal(token.encrypted)
    settings.ORIGIN_TOKEN_KEYS = ["another one"]
    with pytest.raises(sealing.Unopened):
        sealing.unseal(token.encrypted)


def test_a_token_that_cannot_be_opened_is_the_owners_turn(reader: User, settings: Settings) -> None:
    lent_by(reader, make_token(reader))
    settings.SECRET_KEY = "x" * 40
    assert code_of(lambda: with_tokens_of([reader.pk], GATED, read)) == "bad_origin_token"


def test_the_key_for_tokens_is_not_the_sites_own_key(sam: User) -> None:
    sealed = sealing.seal("a secret of somebody")
    assert sealing.unseal(sealed) == "a secret of somebody"
    assert site.SECRET_KEY.encode() not in sealed


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": " "}, "label"),
        ({"secret": "two words"}, "secret"),
        ({"secret": "short"}, "secret"),
        ({"secret": "hf_\nX-Header: 1"}, "secret"),
        ({"scope": "a/b/c"}, "scope"),
        ({"scope": "../x"}, "scope"),
    ],
)
def test_what_is_no_token_is_refused_beside_its_field(
    sam: User, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        add_origin_token(
            **{"person": sam, "label": "Mine", "scope": "", "secret": "hf_abcdefgh", **changes}  # type: ignore[arg-type]
        )
    assert list(refusal.value.fields) == [field]
    assert not OriginToken.objects.exists()


def test_there_is_an_end_to_tokens(sam: User) -> None:
    for _ in range(MAX_TOKENS):
        lent_by(sam, "hf_abcdefgh")
    with pytest.raises(Refusal, match="Remove one first"):
        lent_by(sam, "hf_abcdefgh")


def test_taking_back_deletes_and_strangers_take_nothing(sam: User, ann: User, dora: User) -> None:
    token, other = lent_by(sam, "hf_abcdefgh"), lent_by(sam, "hf_ijklmnop")
    with pytest.raises(PermissionDenied):
        remove_origin_token(actor=ann, token=token)
    remove_origin_token(actor=sam, token=token)
    remove_origin_token(actor=dora, token=other)
    assert not OriginToken.objects.exists()


def test_who_brought_a_variant_is_asked_of_the_apps_above(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "sponsors", [lambda _: [ann.pk]])
    assert sponsors_of(make_variant()) == {ann.pk}
