"""How somebody hears by mail, and the way out that every mail carries."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from contributions.mail import unsubscribe_token
from contributions.models import MailPreference
from hub.models import User
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


def pace_of(person: User) -> str:
    return MailPreference.objects.get(person=person).pace


def test_a_choice_is_kept_and_shown(ann: User) -> None:
    client = signed_in(ann)
    assert 'value="digest" required id="id_pace_0" checked' in client.get(
        "/account/mail/"
    ).content.decode().replace("  ", " ")
    assert client.post("/account/mail/", {"pace": "at_once"}).status_code == 302
    assert pace_of(ann) == "at_once"
    assert client.post("/account/mail/", {"pace": "hourly"}).status_code == 422


def test_a_hub_without_a_mail_server_says_so(ann: User, settings: Settings) -> None:
    client, said = signed_in(ann), "This hub has no mail server yet"
    assert said not in client.get("/account/mail/").content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert said in client.get("/account/mail/").content.decode()


def test_one_click_stops_the_mail_without_signing_in(ann: User) -> None:
    """As a mail program sends it: no cookie, no token of ours in the form, and no referrer."""
    client, path = Client(enforce_csrf_checks=True), f"/mail/stop/{unsubscribe_token(ann)}/"
    assert client.get(path).status_code == 200
    assert not MailPreference.objects.exists(), "looking changes nothing"
    answer = client.post(path, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, pace_of(ann)) == (200, "off")


def test_a_token_that_is_not_ours_does_nothing(ann: User, client: Client) -> None:
    for token in (str(ann.pk), "x" + unsubscribe_token(ann), "a:b:c"):
        assert client.post(f"/mail/stop/{token}/").status_code == 404
    assert not MailPreference.objects.exists()
