"""Proposing and following a contribution in a browser: typed text, focus and opened parts survive."""

from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Route, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from contributions.models import Check, Contribution
from hub.models import User
from tests.browser.conftest import enter
from tests.contributions.stories import pass_checks, submitted
from tests.factories import make_user
from tests.repos import card, host

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ann(transactional_db: None) -> User:
    return make_user("ann")


@pytest.fixture
def origin(live_server: LiveServer, settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    host("headwaters/brook", {"README.md": card(base_model="headwaters/spring")})


def paste(page: Page, selector: str, text: str) -> None:
    """What a clipboard does: the event, and the text in the field."""
    page.focus(selector)
    page.eval_on_selector(
        selector,
        """(input, text) => {
            input.dispatchEvent(new ClipboardEvent("paste", {bubbles: true}));
            input.setRangeText(text);
            input.dispatchEvent(new Event("input", {bubbles: true}));
        }""",
        text,
    )


def test_pasting_a_repository_fills_the_form_and_leaves_the_reader_where_they_are(
    page: Page, ann: User, origin: None
) -> None:
    enter(page.context, ann)
    page.goto("/submit/add-variant/")
    page.fill("#id_note", "My note")
    paste(page, "#id_repo_id", "headwaters/brook")
    expect(page.locator("#fields .note")).to_contain_text("Read headwaters/brook at commit")
    expect(page.locator("#id_repo_id")).to_be_focused()
    expect(page.locator("#id_name")).to_have_value("brook")
    expect(page.locator("#id_edges-0-parent_name")).to_have_value("headwaters/spring")
    expect(page.locator("#id_note")).to_have_value("My note")


def test_what_is_typed_while_the_origin_answers_stays(page: Page, ann: User, origin: None) -> None:
    enter(page.context, ann)
    page.goto("/submit/add-variant/")
    page.fill("#id_repo_id", "headwaters/brook")

    def slowly(route: Route) -> None:
        """The answer leaves the server before the words are typed, and arrives after them."""
        answer = route.fetch()
        page.locator("#id_summary").press_sequentially("Typed meanwhile")
        route.fulfill(response=answer)

    page.route("**/submit/add-variant/", slowly)
    page.focus("#id_summary")
    expect(page.locator("#id_name")).to_have_value("brook")
    expect(page.locator("#id_summary")).to_have_value("Typed meanwhile")
    expect(page.locator("#id_summary")).to_be_focused()


def test_a_field_is_judged_when_it_is_left(page: Page, ann: User) -> None:
    enter(page.context, ann)
    page.goto("/submit/add-variant/")
    page.fill("#id_parameters", "many")
    page.locator("#id_parameters").blur()
    expect(page.locator("#id_parameters_error")).to_contain_text("This has to be a whole number")
    expect(page.locator("#id_parameters")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#id_name_error")).to_have_count(0)
    page.fill("#id_parameters", "7")
    page.locator("#id_parameters").blur()
    expect(page.locator("#id_parameters_error")).to_have_count(0)


def test_from_a_name_to_a_contribution_by_hand(page: Page, ann: User, origin: None) -> None:
    enter(page.context, ann)
    page.goto("/submit/add-variant/")
    page.fill("#id_repo_id", "headwaters/brook")
    page.click("#fetch")
    expect(page.locator("#id_name")).to_have_value("brook")
    page.select_option("#id_edges-0-relation", "distillation")
    page.click("#more-edges")
    expect(page.locator("#id_edges-2-parent_name")).to_be_visible()
    expect(page.locator("#id_edges-0-relation")).to_have_value("distillation")
    page.check("#id_sign_off")
    page.click("text=Submit for review")
    page.wait_for_url("**/contributions/*/")
    expect(page.locator("#changes")).to_contain_text("distillation: headwaters/spring")


def test_checks_arrive_by_themselves_and_disturb_nothing(page: Page, ann: User) -> None:
    contribution = submitted(ann, "headwaters/brook")
    enter(page.context, ann)
    page.goto(contribution.get_absolute_url())
    page.click("text=Card, as proposed")
    page.locator("#id_body").press_sequentially("Half a sentence")
    pass_checks(contribution)
    expect(page.locator("#checks .t-good")).to_have_count(
        contribution.versions.get().checks.count()
    )
    expect(page.locator("#outcome")).to_contain_text("required checks passed.")
    expect(page.locator("#id_body")).to_have_value("Half a sentence")
    expect(page.locator("#id_body")).to_be_focused()
    expect(page.locator("details.fold[open]")).to_have_count(1)
    # Others may still say something: it goes on looking, hardly ever.
    expect(page.locator("#live")).to_have_attribute("hx-trigger", "every 30s, look")


def test_leaving_half_a_text_asks_first(page: Page, ann: User) -> None:
    contribution = submitted(ann, "headwaters/brook")
    Check.objects.update(state="passed")
    enter(page.context, ann)
    page.goto(contribution.get_absolute_url())
    page.locator("#id_body").press_sequentially("Half a sentence")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.click("text=Contributions >> nth=0")
    expect(page.locator("#id_body")).to_have_value("Half a sentence")
    assert asked == ["beforeunload"]
    page.click("button[value=comment]")
    expect(page.locator("#conversation")).to_contain_text("Half a sentence")
    assert Contribution.objects.get().comments.count() == 1
