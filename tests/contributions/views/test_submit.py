"""Submitting through the page: with and without script, and never losing what was typed."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from contributions.models import Contribution
from hub.models import User
from tests.conftest import signed_in
from tests.contributions.stories import dataset_payload
from tests.contributions.views.posting import parents, typed, untyped
from tests.factories import PASSWORD, make_variant
from tests.repos import card, host

URL = "/submit/add-variant/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(ann: User) -> Client:
    return signed_in(ann)


def blank(**fields: str) -> dict[str, str]:
    return typed(untyped(), **fields)


def test_a_complete_form_becomes_a_contribution(browser: Client, ann: User) -> None:
    answer = browser.post(URL, typed(note="Please *look*.", **parents(("a/b", "merge"))))
    contribution = Contribution.objects.get()
    assert answer["Location"] == contribution.get_absolute_url()
    version = contribution.versions.get()
    assert version.payload["edges"][0]["parent_name"] == "a/b"
    assert (version.note, contribution.author) == ("Please *look*.", ann)


def test_a_refused_form_shows_every_error_and_keeps_the_text(browser: Client) -> None:
    answer = browser.post(
        URL, typed(repo_id="no slash", parameters="many", summary="My <b>words</b>")
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "2 things need another look" in page
    assert 'value="no slash"' in page
    assert 'value="many"' in page
    assert "My &lt;b&gt;words&lt;/b&gt;" in page
    assert page.count('aria-invalid="true"') == 2
    assert not Contribution.objects.exists()


def test_an_entry_that_exists_is_refused_beside_its_name(browser: Client) -> None:
    make_variant("headwaters/brook")
    page = browser.post(URL, typed()).content.decode()
    assert "headwaters/brook is in the catalogue already." in page
    assert 'id="id_name_error"' in page


def test_fetch_fills_the_form_without_script(browser: Client, origin: str) -> None:
    host("headwaters/brook", {"README.md": card(base_model="headwaters/spring", tags=["tiny"])})
    answer = browser.post(URL, blank(repo_id="headwaters/brook", fetch="1"))
    form = answer.context["form"]
    page = answer.content.decode()
    assert (answer.status_code, "<html" in page) == (200, True)
    assert form["licence"].value() == "apache-2.0"
    assert form["parameters"].value() == "264"
    assert form.initial["edges"][0]["parent_name"] == "headwaters/spring"
    assert "from the weights" in page
    assert "What came from there is marked" in page
    assert not Contribution.objects.exists()


def test_fetch_keeps_corrections(browser: Client, origin: str) -> None:
    host("headwaters/brook")
    values = blank(repo_id="headwaters/brook", summary="Mine.", note="Why.", fetch="1")
    form = browser.post(URL, values).context["form"]
    assert form["summary"].value() == "Mine."
    assert form["note"].value() == "Why."
    assert "summary" not in form.untouched()


def test_htmx_gets_the_form_alone(browser: Client, origin: str) -> None:
    host("headwaters/brook")
    values = blank(repo_id="headwaters/brook", fetch="1")
    answer = browser.post(URL, values, headers=HTMX)
    page = answer.content.decode()
    assert "<html" not in page
    assert 'id="fields"' in page
    assert 'id="id_repo_id_note"' in page
    assert "HX-Request" in answer["Vary"]


def test_a_renamed_repository_is_named_as_it_is_now(browser: Client, origin: str) -> None:
    host("headwaters/brook")
    host("headwaters/brook-2", renamed_from="headwaters/brook")
    answer = browser.post(URL, blank(repo_id="headwaters/brook", fetch="1"))
    assert "has renamed headwaters/brook: it is headwaters/brook-2 now" in answer.content.decode()
    assert answer.context["form"]["repo_id"].value() == "headwaters/brook-2"


def test_fetching_what_is_here_already_says_so_before_the_work(
    browser: Client, origin: str
) -> None:
    variant = make_variant("headwaters/brook")
    host("headwaters/brook")
    page = browser.post(URL, blank(repo_id="headwaters/brook", fetch="1")).content.decode()
    assert (
        f'<a href="{variant.get_absolute_url()}">headwaters/brook</a> is in the catalogue' in page
    )


@pytest.mark.parametrize("repo_id", ["headwaters/nothing", "no slash", ""])
def test_a_repository_that_cannot_be_read_is_said_at_its_field(
    browser: Client, origin: str, repo_id: str
) -> None:
    values = blank(repo_id=repo_id, summary="Mine.", fetch="1")
    answer = browser.post(URL, values)
    page = answer.content.decode()
    assert 'id="id_repo_id_error"' in page
    assert "Nothing was fetched" in page
    assert answer.context["form"]["summary"].value() == "Mine."
    assert 'id="id_name_error"' not in page


def test_an_origin_that_is_down_is_nobodys_mistake(browser: Client, settings: Settings) -> None:
    settings.HF_ENDPOINT = "http://127.0.0.1:9"
    answer = browser.post(URL, blank(repo_id="headwaters/brook", summary="Mine.", fetch="1"))
    page = answer.content.decode()
    assert "fetch again in a while, or fill in the rest by hand" in page
    assert answer.context["form"]["summary"].value() == "Mine."


def test_another_parent_without_script(browser: Client) -> None:
    answer = browser.post(URL, typed(**parents(("a/b", "merge")), more="edges"))
    page = answer.content.decode()
    assert 'name="edges-1-parent_name"' in page
    assert "need another look" not in page


def test_a_field_is_validated_on_its_own(browser: Client) -> None:
    answer = browser.post(f"{URL}?validate=1", blank(parameters="many"), headers=HTMX)
    assert answer.status_code == 200
    assert 'id="id_parameters_error"' in answer.content.decode()
    assert not Contribution.objects.exists()


def test_links_prepare_the_form(browser: Client) -> None:
    page = browser.get(f"{URL}?parent=headwaters/spring&repo_id=a/b").content.decode()
    assert 'value="headwaters/spring"' in page
    assert 'value="a/b"' in page


def test_a_dataset_is_submitted_the_same_way(browser: Client, origin: str) -> None:
    host("headwaters/pool", kind="dataset")
    page = browser.post("/submit/add-dataset/", {"repo_id": "headwaters/pool", "fetch": "1"})
    assert page.context["form"]["licence"].value() == "apache-2.0"
    values = typed(dataset_payload(), kind="add_dataset")
    assert browser.post("/submit/add-dataset/", values).status_code == 302
    assert Contribution.objects.get().kind == "add_dataset"


@pytest.mark.parametrize("slug", ["add-variant", "add-dataset"])
def test_strangers_sign_in_first(client: Client, db: None, slug: str) -> None:
    url = reverse("submit", args=[slug])
    answer = client.get(f"{url}?repo_id=a/b")
    assert (
        answer["Location"]
        == f"/accounts/login/?{urlencode({'next': f'{url}?repo_id=a/b'}, safe='/')}"
    )


def test_what_was_typed_comes_back_after_signing_in(client: Client, ann: User) -> None:
    answer = client.post(URL, typed(summary="An hour's work", **parents(("a/b", "merge"))))
    assert answer["Location"].startswith("/accounts/login/")
    client.post(answer["Location"], {"login": "ann", "password": PASSWORD})
    page = client.get(URL).content.decode()
    assert "An hour&#x27;s work" in page
    assert 'value="a/b"' in page
    assert client.post(URL, typed(summary="An hour's work")).status_code == 302
    assert "An hour" not in client.get(URL).content.decode()


def test_a_fragment_for_a_signed_out_reader_does_not_wipe_the_form(
    client: Client, db: None
) -> None:
    answer = client.post(URL, blank(repo_id="a/b", fetch="1"), headers=HTMX)
    assert answer.status_code == 401


def test_reading_the_form_asks_the_origin_nothing(
    browser: Client, django_assert_max_num_queries: Callable[[int], object], settings: Settings
) -> None:
    settings.HF_ENDPOINT = "http://127.0.0.1:9"
    assert browser.get(f"{URL}?repo_id=a/b").status_code == 200
