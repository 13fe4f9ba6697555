"""What was begun is there again: drafts, kept on purpose and by themselves."""

import pytest
from django.test import Client

from contributions.actions.save_draft import MOST_DRAFTS, save_draft
from contributions.models import Contribution, Draft
from hub.models import User
from hub.refusal import Refusal
from tests.conftest import signed_in
from tests.contributions.views.posting import parents, typed
from tests.queries import assert_constant_queries

URL = "/submit/add-variant/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(ann: User) -> Client:
    return signed_in(ann)


def begun(**fields: str) -> dict[str, str]:
    return typed(summary="Half a sentence", save="1", **parents(("a/b", "merge")), **fields)


def test_a_draft_stands_in_its_form_again_wherever_one_signs_in(browser: Client, ann: User) -> None:
    page = browser.post(URL, begun(parameters="many")).content.decode()
    assert "Kept as a" in page
    assert "need another look" not in page
    draft = Draft.objects.get()
    assert (draft.owner, draft.path, str(draft)) == (
        ann,
        URL,
        "Add a model variant: headwaters/brook",
    )
    assert "csrf" not in draft.typed
    elsewhere = signed_in(ann)
    page = elsewhere.get(URL).content.decode()
    assert "Half a sentence" in page
    assert 'value="a/b"' in page
    assert "Add a model variant: headwaters/brook" in elsewhere.get("/submit/").content.decode()
    assert f'href="{URL}"' in elsewhere.get("/account/drafts/").content.decode()


def test_saving_by_itself_answers_with_its_line_alone(browser: Client) -> None:
    answer = browser.post(URL, begun(), headers=HTMX)
    page = answer.content.decode()
    assert (answer.status_code, 'id="draft"' in page) == (200, True)
    assert "Half a sentence" not in page
    browser.post(URL, begun(note="More."), headers=HTMX)
    assert "More." in Draft.objects.get().typed


def test_what_was_sent_is_no_draft_any_more(browser: Client) -> None:
    browser.post(URL, begun())
    values = begun()
    del values["save"]
    assert browser.post(URL, values).status_code == 302
    assert Contribution.objects.count() == 1
    assert not Draft.objects.exists()


def test_each_prepared_form_has_its_own(browser: Client) -> None:
    browser.post(f"{URL}?parent=a/b", begun())
    assert "Half a sentence" not in browser.get(URL).content.decode()
    assert "Half a sentence" in browser.get(f"{URL}?parent=a/b").content.decode()


def test_the_next_version_is_begun_the_same_way(browser: Client, brook: Contribution) -> None:
    url = f"{brook.get_absolute_url()}revise/"
    browser.post(url, begun(head="1"))
    assert Draft.objects.get().contribution == brook
    assert "Half a sentence" in browser.get(url).content.decode()
    assert brook.versions.count() == 1


def test_a_draft_is_discarded_by_its_owner_only(browser: Client, sam: User) -> None:
    browser.post(URL, begun())
    address = f"/account/drafts/{Draft.objects.get().pk}/discard/"
    assert signed_in(sam).post(address).status_code == 404
    assert signed_in(sam).get("/account/drafts/").context["drafts"].count() == 0
    page = browser.post(address, follow=True).content.decode()
    assert "is gone" in page
    assert "No drafts" in page
    assert "Half a sentence" not in browser.get(URL).content.decode()


def test_nobody_keeps_more_than_they_could_look_through(ann: User) -> None:
    for number in range(MOST_DRAFTS):
        save_draft(owner=ann, path=f"/submit/{number}/", title="", typed="a=1")
    with pytest.raises(Refusal) as refused:
        save_draft(owner=ann, path="/submit/more/", title="", typed="a=1")
    assert refused.value.code == "too_many_drafts"
    save_draft(owner=ann, path="/submit/1/", title="", typed="a=2")
    assert Draft.objects.get(path="/submit/1/").typed == "a=2"
    page = signed_in(ann).post(URL, begun()).content.decode()
    assert "send one, or discard one" in page
    assert "Half a sentence" in page


def test_what_is_too_long_is_refused_and_stands_in_the_form(browser: Client) -> None:
    page = browser.post(URL, begun(card_text="x" * 1_000_001)).content.decode()
    assert "too long for a draft" in page
    assert not Draft.objects.exists()


def test_a_list_asks_the_same_number_of_queries_however_long(browser: Client, ann: User) -> None:
    save_draft(owner=ann, path="/submit/x/", title="", typed="a=1")
    assert_constant_queries(
        lambda: browser.get("/account/drafts/"),
        lambda: [
            save_draft(owner=ann, path=f"/submit/{number}/", title="", typed="a=1")
            for number in range(5)
        ],
    )
