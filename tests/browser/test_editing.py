"""An entry is improved, somebody else is quicker, and the conflict is decided: two browsers."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from contributions.actions.merge import merge
from contributions.actions.submit import submit
from contributions.models import Contribution, Draft
from hub.actions.publish_variant import publish_variant
from hub.facts import VariantFacts
from hub.models import ModelVariant, User
from hub.models.user import Role
from tests.browser.conftest import enter
from tests.contributions.stories import approved
from tests.factories import make_manifest, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cleo(db: None) -> User:
    return make_user("cleo", Role.MAINTAINER)


@pytest.fixture
def salt(cleo: User) -> ModelVariant:
    facts = VariantFacts(
        owner="sea",
        name="salt",
        repo_id="sea/salt",
        licence="apache-2.0",
        summary="Salty.",
        card_text="# Salt\n\nFrom the sea.",
    )
    return publish_variant(actor=cleo, facts=facts, manifest=make_manifest("salt"))


@pytest.fixture
def ann_on(chromium: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Ann's browser, with scripts or without."""
    ann = make_user("ann")
    contexts = []

    def opened(*, scripts: bool) -> Page:
        context = chromium.new_context(base_url=live_server.url, java_script_enabled=scripts)
        context.set_default_timeout(10_000)
        enter(context, ann)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_conflict_is_met_and_decided(
    salt: ModelVariant, cleo: User, ann_on: Callable[..., Page], scripts: bool
) -> None:
    page = ann_on(scripts=scripts)
    page.goto(salt.get_absolute_url())
    page.get_by_role("link", name="Improve this page").click()
    page.fill("#id_summary", "Salt as it was.")
    page.fill("#id_tags", "crystal")
    page.check("#id_sign_off")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#changes")).to_contain_text("against the entry as it was")
    mine = Contribution.objects.get()

    ben = make_user("ben", Role.REVIEWER)
    sams = submit(
        author=make_user("sam"),
        kind="edit_variant",
        payload={"entry": "sea/salt", "summary": "Sweet.", "licence": "mit"},
        sign_off=True,
    )
    merge(actor=cleo, contribution=approved(sams, ben), head=1)

    page.goto(mine.get_absolute_url())
    expect(page.locator("#moved")).to_contain_text("both changed the same: Summary")
    page.locator("#moved").get_by_role("link", name="Revise it").click()
    expect(page.locator("#clash-summary")).to_contain_text("Sweet.")
    expect(page.locator("#id_licence")).to_have_value("mit")
    page.fill("#id_note", "Sweet it is.")
    page.click("#take-summary")
    expect(page.locator("#id_summary")).to_have_value("Sweet.")
    expect(page.locator("#id_note")).to_have_value("Sweet it is.")
    page.check("#id_sign_off")
    page.get_by_role("button", name="Add version 2").click()
    expect(page.locator("#moved")).to_have_count(0)
    expect(page.locator("#changes")).to_contain_text("crystal")
    newest = mine.versions.get(number=2)
    assert (newest.payload["summary"], newest.payload["based_on"]) == ("Sweet.", 2)


def test_what_is_typed_keeps_itself_and_disturbs_nothing(
    salt: ModelVariant, ann_on: Callable[..., Page]
) -> None:
    page = ann_on(scripts=True)
    form = "/submit/edit-variant/?entry=sea/salt"
    page.goto(form)
    page.fill("#id_summary", "Half a sent")
    page.locator("#id_summary").press("End")
    expect(page.locator("#draft")).to_contain_text("Kept as a draft", timeout=15_000)
    page.keyboard.type("ence")
    expect(page.locator("#id_summary")).to_have_value("Half a sentence")
    assert "Half+a+sent" in Draft.objects.get().typed
    page.evaluate("window.onbeforeunload = null")
    again = ann_on(scripts=False)
    again.goto(form)
    expect(again.locator("#id_summary")).to_have_value("Half a sent")
