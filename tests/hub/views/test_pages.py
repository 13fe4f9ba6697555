"""Front page, search, people, accounts, errors, health."""

import pytest
from django.db import OperationalError
from django.test import Client, override_settings

from hub.models import CardRevision, Token, User
from hub.models.token import looks_real
from tests.conftest import signed_in
from tests.factories import PASSWORD, make_dataset, make_variant

pytestmark = pytest.mark.django_db


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_front_page_says_what_this_is_and_opens_three_doors(client: Client) -> None:
    page = text_of(client, "/")
    assert "A contribution hub for open models" in page
    for door in ("Browse boards", "Submit a variant", "Use the API"):
        assert door in page


def test_the_front_page_shows_what_moved(client: Client, ann: User) -> None:
    variant = make_variant("river/new")
    CardRevision.objects.create(variant=variant, number=1, published_by=ann)
    page = text_of(client, "/")
    assert "1 card published in four weeks" in page
    assert "/variants/river/new/" in page


def test_search_finds_variants_datasets_and_people(client: Client, ann: User) -> None:
    make_variant("ann-lab/brook")
    make_dataset("open/annotations")
    make_variant("ann-lab/gone", state="retired")
    page = text_of(client, "/search/?q=ann")
    assert "/variants/ann-lab/brook/" in page
    assert "/datasets/open/annotations/" in page
    assert "/people/ann/" in page
    assert "gone" not in page


@pytest.mark.parametrize("query", ["", "%00", "%27%3B--", "a" * 500, "(((", "%25", "nobody"])
def test_search_takes_anything(client: Client, query: str) -> None:
    text_of(client, f"/search/?q={query}")


def test_a_person_has_a_page_without_their_address(client: Client, ann: User) -> None:
    ann.about = "I *bake* models.<script>x</script>"
    ann.save()
    page = text_of(client, "/people/ann/")
    assert "<em>bake</em>" in page
    assert "<script>x" not in page
    assert ann.email not in page
    assert client.get("/people/ANN/")["Location"] == "/people/ann/"
    assert client.get("/people/nobody/").status_code == 404


# --- Accounts ---------------------------------------------------------------------------------------


def test_settings_are_for_those_who_signed_in(client: Client) -> None:
    answer = client.get("/account/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/account/")


def test_a_profile_is_saved(ann: User) -> None:
    answer = signed_in(ann).post("/account/", {"first_name": "Ann", "about": "Bakes."})
    assert answer.status_code == 302
    ann.refresh_from_db()
    assert (ann.first_name, ann.about, ann.role) == ("Ann", "Bakes.", "member")


def test_a_profile_that_is_refused_keeps_what_was_typed(ann: User) -> None:
    answer = signed_in(ann).post("/account/", {"first_name": "A" * 200, "about": "Bakes."})
    assert answer.status_code == 422
    assert "Bakes." in answer.content.decode()


def test_nobody_makes_themselves_a_maintainer(ann: User) -> None:
    signed_in(ann).post("/account/", {"role": "admin", "is_staff": "on", "about": ""})
    ann.refresh_from_db()
    assert (ann.role, ann.is_staff) == ("member", False)


def test_a_token_is_shown_once(ann: User) -> None:
    client = signed_in(ann)
    answer = client.post(
        "/account/tokens/", {"name": "laptop", "scopes": ["contribute"], "lives": "30"}
    )
    secret = answer.context["secret"]
    assert looks_real(secret)
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    again = text_of(client, "/account/")
    assert secret not in again
    assert "laptop" in again
    assert Token.objects.get().expires_at


def test_a_token_without_a_name_or_with_a_made_up_scope_is_refused(ann: User) -> None:
    answer = signed_in(ann).post(
        "/account/tokens/", {"name": "", "scopes": ["everything"], "lives": "30"}
    )
    assert answer.status_code == 422
    assert set(answer.context["token_form"].errors) == {"name", "scopes"}
    assert not Token.objects.exists()


def test_a_token_is_revoked_by_its_owner_only(ann: User, sam: User) -> None:
    client = signed_in(ann)
    client.post("/account/tokens/", {"name": "laptop", "lives": "never"})
    token = Token.objects.get()
    assert signed_in(sam).post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    assert client.get(f"/account/tokens/{token.pk}/revoke/").status_code == 405
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 302
    token.refresh_from_db()
    assert token.revoked_at


def test_people_sign_in_with_name_or_address(client: Client, ann: User) -> None:
    for login in ("ann", ann.email):
        answer = client.post("/accounts/login/", {"login": login, "password": PASSWORD})
        assert answer.status_code == 302
        client.logout()


def test_guessing_passwords_is_slowed_down(client: Client, ann: User) -> None:
    statuses = [
        client.post("/accounts/login/", {"login": "ann", "password": f"wrong {n}"}).status_code
        for n in range(12)
    ]
    last = client.post("/accounts/login/", {"login": "ann", "password": PASSWORD})
    assert 429 in statuses or last.status_code != 302


# --- Errors and health ------------------------------------------------------------------------------


def test_errors_are_pages_here_and_data_below_api(client: Client) -> None:
    page = client.get("/nothing/here/")
    assert page.status_code == 404
    assert "There is nothing at this address" in page.content.decode()
    assert client.get("/api/nothing/").json()["error"]["code"] == "not_found"


def test_a_bug_is_a_page_that_needs_no_database(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise OperationalError("a secret of the database")

    monkeypatch.setattr("hub.views.pages.movement", broken)
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something broke here" in answer.content.decode()
    assert "secret" not in answer.content.decode()


def test_the_process_says_that_it_lives(client: Client, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert text_of(client, "/healthz") == "ok\n"


def test_readiness_names_what_is_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client.get("/readyz")
    fine = {"database": "ok", "migrations": "ok", "redis": "ok"}
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": fine})
    nowhere = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    with override_settings(CACHES=nowhere):
        down = client.get("/readyz")
    assert down.status_code == 503
    assert down.json()["checks"] == {**fine, "redis": "ConnectionError"}


def test_readiness_knows_migrations_that_wait(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = "django.db.migrations.executor.MigrationExecutor.migration_plan"
    monkeypatch.setattr(plan, lambda *_: [("0004", False)])
    assert client.get("/readyz").json()["checks"]["migrations"] == "1 not applied"


def test_the_style_guide_is_for_builders(client: Client) -> None:
    assert client.get("/styleguide/").status_code == 404
    with override_settings(DEMO=True):
        assert client.get("/styleguide/").status_code == 200


def test_robots_stay_out_of_what_is_not_for_them(client: Client) -> None:
    assert "Disallow: /accounts/" in text_of(client, "/robots.txt")


def test_pages_take_only_reading(client: Client) -> None:
    for path in ("/", "/variants/", "/datasets/", "/search/", "/healthz", "/readyz"):
        assert client.post(path).status_code == 405
