"""Editing an entry through pages: prepared by a link, both values in a conflict, nothing lost."""

import pytest
from django.test import Client

from contributions.actions.merge import merge
from contributions.actions.submit import submit
from contributions.models import Contribution
from hub.actions.publish_variant import publish_variant
from hub.facts import VariantFacts
from hub.models import ModelVariant, User
from tests.conftest import signed_in
from tests.contributions.stories import approved
from tests.contributions.views.posting import inputs_of
from tests.factories import make_manifest, make_user
from tests.queries import assert_constant_queries

pytestmark = pytest.mark.django_db
URL = "/submit/edit-variant/?entry=sea/salt"


@pytest.fixture
def salt(cleo: User) -> ModelVariant:
    facts = VariantFacts(
        owner="sea",
        name="salt",
        repo_id="sea/salt",
        licence="apache-2.0",
        summary="Salty.",
        tags=("tiny",),
        card_text="# Salt",
    )
    return publish_variant(actor=cleo, facts=facts, manifest=make_manifest("salt"))


def form_of(browser: Client, url: str = URL) -> dict[str, str]:
    """The form as it stands, signed, as a browser would send it back."""
    return {**inputs_of(browser.get(url).context["form"]), "sign_off": "on"}


def edited(author: User, ben: User, cleo: User, **fields: str) -> None:
    payload = {"entry": "sea/salt", **fields}
    made = submit(author=author, kind="edit_variant", payload=payload, sign_off=True)
    merge(actor=cleo, contribution=approved(made, ben), head=1)


def test_the_entrys_page_leads_to_its_prepared_form(salt: ModelVariant, ann: User) -> None:
    browser = signed_in(ann)
    assert f'href="{URL}"' in browser.get(salt.get_absolute_url()).content.decode()
    form = browser.get(URL).context["form"]
    assert (form["summary"].value(), form["tags"].value()) == ("Salty.", "tiny")
    answer = browser.post(URL, {**form_of(browser), "summary": "Saltier.", "note": "Tasted it."})
    contribution = Contribution.objects.get()
    assert answer["Location"] == contribution.get_absolute_url()
    page = browser.get(answer["Location"]).content.decode()
    assert "wants to change" in page
    assert "<del>Salty</del><ins>Saltier</ins>." in page
    assert "against the entry as it was" in page
    assert "Signed off by ann" in page


def test_an_unchanged_form_and_an_unknown_entry_are_told(salt: ModelVariant, ann: User) -> None:
    browser = signed_in(ann)
    page = browser.post(URL, form_of(browser)).content.decode()
    assert "change something" in page
    page = browser.get("/submit/edit-variant/?entry=sea/none", follow=True).content.decode()
    assert "There is no sea/none in the catalogue" in page


def test_nobody_submits_without_signing(salt: ModelVariant, ann: User) -> None:
    browser = signed_in(ann)
    values = {**form_of(browser), "summary": "Saltier."}
    del values["sign_off"]
    answer = browser.post(URL, values)
    assert answer.status_code == 422
    assert 'id="id_sign_off_error"' in answer.content.decode()
    assert 'value="Saltier."' in answer.content.decode()


def test_what_moved_is_said_on_the_page_and_merged(
    salt: ModelVariant, ann: User, sam: User, ben: User, cleo: User
) -> None:
    browser = signed_in(ann)
    at = browser.post(URL, {**form_of(browser), "summary": "Saltier."})["Location"]
    edited(sam, ben, cleo, licence="mit")
    page = browser.get(at).content.decode()
    assert "Nothing conflicts: merging keeps both" in page
    revising = browser.get(f"{at}revise/")
    assert revising.context["form"]["licence"].value() == "mit"
    assert revising.context["form"]["summary"].value() == "Saltier."


def test_a_conflict_offers_both_values_and_revising_decides(
    salt: ModelVariant, ann: User, sam: User, ben: User, cleo: User
) -> None:
    browser = signed_in(ann)
    at = browser.post(URL, {**form_of(browser), "summary": "Saltier.", "licence": "cc-by-4.0"})[
        "Location"
    ]
    edited(sam, ben, cleo, summary="Sweet.", licence="mit")
    page = browser.get(at).content.decode()
    assert "both changed the same" in page
    assert "conflicts in: Summary and Licence" in page
    revising = f"{at}revise/"
    page = browser.get(revising).content.decode()
    assert 'id="clash-summary"' in page
    assert "Sweet." in page
    # Without script: the button fills in what others wrote, and everything else stays.
    values = form_of(browser, revising)
    assert values["summary"] == "Saltier."
    taken = browser.post(revising, {**values, "note": "Typed.", "take": "summary"})
    form = taken.context["form"]
    assert (form["summary"].value(), form["licence"].value()) == ("Sweet.", "cc-by-4.0")
    assert form["note"].value() == "Typed."
    assert (
        browser.post(revising, {**inputs_of(form), "sign_off": "on", "head": "1"}).status_code
        == 302
    )
    contribution = Contribution.objects.get(author=ann)
    newest = contribution.versions.get(number=2)
    assert (newest.base["licence"], newest.payload["based_on"]) == ("mit", 2)
    assert "conflict" not in browser.get(at).content.decode()


def test_a_draft_from_before_the_move_says_so_and_loses_nothing(
    salt: ModelVariant, ann: User, sam: User, ben: User, cleo: User
) -> None:
    browser = signed_in(ann)
    at = browser.post(URL, {**form_of(browser), "summary": "Saltier."})["Location"]
    draft = {**form_of(browser, f"{at}revise/"), "tags": "tiny, sea", "head": "1"}
    browser.post(f"{at}revise/", {**draft, "save": "1"})
    edited(sam, ben, cleo, licence="mit")
    page = browser.get(f"{at}revise/").content.decode()
    assert "changed since you began this" in page
    assert browser.post(f"{at}revise/", draft).status_code == 302
    made = Contribution.objects.get(author=ann)
    assert merge(actor=cleo, contribution=approved(made, ben), head=2).state == "merged"
    salt.refresh_from_db()
    assert (salt.licence, salt.summary, salt.tags) == ("mit", "Saltier.", ["tiny", "sea"])


def test_any_two_versions_are_compared(salt: ModelVariant, ann: User) -> None:
    browser = signed_in(ann)
    at = browser.post(URL, {**form_of(browser), "summary": "Saltier."})["Location"]
    values = {**form_of(browser, f"{at}revise/"), "summary": "Saltiest.", "head": "1"}
    browser.post(f"{at}revise/", values)
    page = browser.get(f"{at}?version=2&against=1").content.decode()
    assert "<del>Saltier</del><ins>Saltiest</ins>." in page
    number = Contribution.objects.get().pk
    api = f"/api/v1/contributions/{number}/compare/"
    compared = browser.get(f"{api}?from=1&to=2").json()
    assert (compared["before"], compared["after"]) == ("1", 2)
    assert [change["field"] for change in compared["changes"]] == ["summary"]
    assert browser.get(f"{api}?from=base").json()["changes"][0]["before"] == "Salty."
    assert browser.get(f"{api}?from=7&to=9").json()["before"] == "base"


def test_a_merged_one_is_taken_back_by_one_button(
    salt: ModelVariant, ann: User, sam: User, ben: User, cleo: User
) -> None:
    edited(ann, ben, cleo, summary="Saltier.")
    done = Contribution.objects.get()
    browser = signed_in(sam)
    assert (
        f"{done.get_absolute_url()}revert/" in browser.get(done.get_absolute_url()).content.decode()
    )
    prepared = browser.get(f"{done.get_absolute_url()}revert/")["Location"]
    assert prepared == f"/submit/edit-variant/?reverts={done.pk}"
    values = form_of(browser, prepared)
    assert values["summary"] == "Salty."
    at = browser.post(prepared, values)["Location"]
    page = browser.get(at).content.decode()
    assert f"Revert #{done.pk} Edit sea/salt" in page
    assert Contribution.objects.get(author=sam).reverts == done


def test_an_old_address_leads_to_the_new_one(
    salt: ModelVariant, client: Client, ann: User, ben: User, cleo: User
) -> None:
    edited(ann, ben, cleo, name="brine")
    for old, new in (
        ("/variants/sea/salt/?a=b", "/variants/sea/brine/?a=b"),
        ("/api/v1/variants/sea/salt/", "/api/v1/variants/sea/brine/"),
    ):
        answer = client.get(old)
        assert (answer.status_code, answer["Location"]) == (302, new)


def test_a_retired_entry_says_who_and_why(
    salt: ModelVariant, client: Client, ann: User, ben: User, cleo: User
) -> None:
    edited(ann, ben, cleo, state="retired", retired_why="Spilt.")
    page = client.get(salt.get_absolute_url()).content.decode()
    assert "Spilt." in page
    assert 'href="/people/cleo/">cleo' in page


def test_what_a_program_proposes_waits_for_a_persons_signature(
    salt: ModelVariant, ben: User, cleo: User
) -> None:
    robot = make_user("robot", is_bot=True)
    payload = {"entry": "sea/salt", "summary": "Counted."}
    made = submit(author=robot, kind="edit_variant", payload=payload, assisted_by="counter:1")
    page = signed_in(ben).get(made.get_absolute_url()).content.decode()
    assert "nobody has signed it off" in page
    assert "counter:1" in page
    assert "A person has to sign version 1 off" in page
    signing = f"{made.get_absolute_url()}sign-off/"
    assert signed_in(robot).post(signing, {"head": "1"}).status_code == 403
    assert signed_in(ben).post(signing, {"head": "1"}).status_code == 302
    version = made.versions.get()
    assert (version.signed_off, version.signed_by) == ("ben", ben)
    # Whoever signed does not approve it too.
    approved(made, cleo)
    assert merge(actor=cleo, contribution=made, head=1).state == "merged"


def test_an_edits_page_asks_the_same_number_of_queries_however_many_versions(
    salt: ModelVariant, ann: User, client: Client
) -> None:
    browser = signed_in(ann)
    at = browser.post(URL, {**form_of(browser), "summary": "Saltier."})["Location"]

    revised(browser, at, 1, 4)
    assert_constant_queries(lambda: client.get(at), lambda: revised(browser, at, 4, 8))


def revised(browser: Client, at: str, first: int, last: int) -> None:
    for head in range(first, last):
        values = {**form_of(browser, f"{at}revise/"), "summary": f"{head}.", "head": str(head)}
        assert browser.post(f"{at}revise/", values).status_code == 302
