"""A submission from the empty form to the catalogue, as three people do it in three browsers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from contributions.models import Contribution
from hub.models import ModelVariant, User
from hub.models.user import Role
from tests.browser.conftest import enter
from tests.contributions.stories import pass_checks, run_checks, submitted
from tests.factories import make_user, make_variant
from tests.repos import card, host

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REPOSITORY = "river/brook"
FORM = "/submit/add-variant/"
# Milliseconds between two questions of a contribution's page while its checks run.
POLL = 2_100


@pytest.fixture
def ann(db: None) -> User:
    return make_user("ann")


@pytest.fixture(autouse=True)
def origin(live_server: LiveServer, settings: Settings, tmp_path: Path) -> None:
    """The live server's own mirror is the origin, and holds river/brook, tuned from river/source."""
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    settings.STORE_DIR = tmp_path / "store"
    make_variant("river/source")
    about = {"base_model": "river/source", "base_model_relation": "finetune", "tags": ["tiny"]}
    host(REPOSITORY, {"README.md": card("Clear and cold.", **about)})


@pytest.fixture
def browser_of(chromium: Browser, live_server: LiveServer) -> Iterator[Callable[[str, Role], Page]]:
    """Another person's browser: `browser_of("ben", Role.REVIEWER)`."""
    contexts = []

    def make(username: str, role: Role) -> Page:
        context = chromium.new_context(base_url=live_server.url)
        context.set_default_timeout(10_000)
        enter(context, make_user(username, role))
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def paste_repository(page: Page, text: str = REPOSITORY) -> None:
    page.fill("#id_repo_id", text)
    page.dispatch_event("#id_repo_id", "paste")


def the_contribution() -> Contribution:
    return Contribution.objects.get()


def approve_and_merge(browser_of: Callable[[str, Role], Page], path: str) -> None:
    ben = browser_of("ben", Role.REVIEWER)
    ben.goto(path)
    expect(ben.locator("#merge")).to_have_count(0)
    ben.fill("#say textarea", "Clear *and* cold, as it says.")
    ben.get_by_role("button", name="Approve version 1").click()
    expect(ben.locator("#messages")).to_contain_text("You approved this version.")
    expect(ben.locator("#conversation")).to_contain_text("Clear and cold, as it says.")

    cleo = browser_of("cleo", Role.MAINTAINER)
    cleo.goto(path)
    expect(cleo.locator("#outcome")).to_contain_text("Ready to merge")
    cleo.click("#merge")
    expect(cleo.locator("#messages")).to_contain_text("Merged")


def the_author_sees_it_merged(page: Page) -> None:
    page.goto(the_contribution().get_absolute_url())
    expect(page.locator("#state")).to_contain_text("merged", ignore_case=True)
    page.click("text=The variant’s page")
    expect(page.locator("h1")).to_have_text("river / brook")
    expect(page.locator("main")).to_contain_text("river/source")


def test_a_variant_goes_from_a_pasted_name_to_the_catalogue(
    page: Page, ann: User, browser_of: Callable[[str, Role], Page]
) -> None:
    enter(page.context, ann)
    page.clock.install()
    page.goto(FORM)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**{FORM}", hold)
    with page.expect_request(f"**{FORM}"):
        paste_repository(page)
    page.locator("#id_summary").press_sequentially("Typed while the origin was asked")
    held[0].continue_()

    # What the origin knows is there and marked; what was typed meanwhile stays, and so does the cursor.
    expect(page.locator("#id_licence")).to_have_value("apache-2.0")
    expect(page.locator("#id_owner")).to_have_value("river")
    expect(page.locator("#id_name")).to_have_value("brook")
    expect(page.locator("#id_parameters")).to_have_value("264")
    expect(page.locator("#id_architecture")).to_have_value("LlamaForCausalLM")
    expect(page.locator("[name$=parent_name]").first).to_have_value("river/source")
    marks = page.locator(".field:has(#id_parameters) .fetched")
    expect(marks).to_contain_text("from the weights")
    expect(page.locator("#id_summary")).to_have_value("Typed while the origin was asked")
    assert page.evaluate("document.activeElement.id") == "id_summary"

    page.unroute(f"**{FORM}")
    page.fill("#id_tags", "tiny, corrected")
    page.check("#id_sign_off")
    page.click("text=Submit for review")
    page.wait_for_url("**/contributions/*/")
    expect(page.locator("#messages")).to_contain_text("The checks have started")
    expect(page.locator("#changes")).to_contain_text("Typed while the origin was asked")
    expect(page.locator("#changes")).to_contain_text("corrected")
    expect(page.locator("#checks")).to_contain_text("waits for its turn")

    # The page shows the checks' results by itself.
    checks = run_checks(the_contribution())
    assert {check.state for check in checks.values()} <= {"passed", "warning", "skipped"}
    page.clock.run_for(POLL)
    expect(page.locator("#checks")).not_to_contain_text("waits for its turn")
    expect(page.locator("#outcome")).to_contain_text("required checks passed")

    approve_and_merge(browser_of, the_contribution().get_absolute_url())
    the_author_sees_it_merged(page)
    variant = ModelVariant.objects.get(name="brook")
    assert variant.summary == "Typed while the origin was asked"
    assert variant.tags == ["tiny", "corrected"]


def test_all_of_it_works_without_scripts(
    plain_page: Page, ann: User, browser_of: Callable[[str, Role], Page]
) -> None:
    page = plain_page
    enter(page.context, ann)
    page.goto(FORM)
    page.fill("#id_repo_id", REPOSITORY)
    page.fill("#id_summary", "Typed before the origin was asked")
    page.click("#fetch")
    expect(page.locator("#id_licence")).to_have_value("apache-2.0")
    expect(page.locator("#id_parameters")).to_have_value("264")
    expect(page.locator("#id_summary")).to_have_value("Typed before the origin was asked")
    page.check("#id_sign_off")
    page.click("text=Submit for review")
    page.wait_for_url("**/contributions/*/")
    run_checks(the_contribution())
    page.reload()
    expect(page.locator("#outcome")).to_contain_text("required checks passed")
    approve_and_merge(browser_of, the_contribution().get_absolute_url())
    the_author_sees_it_merged(page)


def test_a_repository_that_is_not_there_is_named_and_nothing_typed_is_lost(
    page: Page, ann: User
) -> None:
    enter(page.context, ann)
    page.goto(FORM)
    page.fill("#id_summary", "Mine")
    paste_repository(page, "river/dry")
    expect(page.locator("#fields [role=status]")).to_contain_text("Nothing was fetched")
    expect(page.locator("#id_repo_id_note .errors")).to_be_visible()
    expect(page.locator("#id_summary")).to_have_value("Mine")
    expect(page.locator("#id_repo_id")).to_have_value("river/dry")

    paste_repository(page)
    expect(page.locator("#id_licence")).to_have_value("apache-2.0")
    expect(page.locator("#id_repo_id_note .errors")).to_have_count(0)
    expect(page.locator("#id_summary")).to_have_value("Mine")


def test_a_field_is_judged_when_it_is_left(page: Page, ann: User) -> None:
    enter(page.context, ann)
    page.goto(FORM)
    page.fill("#id_parameters", "a few")
    page.press("#id_parameters", "Tab")
    expect(page.locator("#id_parameters_error")).to_be_visible()
    expect(page.locator("#id_parameters")).to_have_value("a few")
    assert page.locator("#id_owner_error").count() == 0  # others are not judged yet
    page.fill("#id_parameters", "7,000,000,000")
    page.press("#id_parameters", "Tab")
    expect(page.locator("#id_parameters_error")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_refused_form_shows_errors_beside_fields_and_keeps_every_word(
    page: Page, plain_page: Page, ann: User, *, scripts: bool
) -> None:
    page = page if scripts else plain_page
    enter(page.context, ann)
    page.goto(FORM)
    words = {"repo_id": "not a repository", "name": "brook", "summary": "Mine", "note": "Please."}
    for name, value in words.items():
        page.fill(f"#id_{name}", value)
    page.check("#id_sign_off")
    page.click("text=Submit for review")
    expect(page.locator("#error-summary")).to_be_visible()
    for name in ("repo_id", "owner", "licence"):
        expect(page.locator(f"#id_{name}_error")).to_be_visible()
    for name, value in words.items():
        expect(page.locator(f"#id_{name}")).to_have_value(value)
    assert not Contribution.objects.exists()
    page.locator("#error-summary a").first.click()
    assert page.evaluate("document.activeElement.id").startswith("id_")


def test_a_comment_being_typed_outlives_what_the_page_brings(page: Page, ann: User) -> None:
    contribution = submitted(ann, REPOSITORY)
    enter(page.context, make_user("ben", Role.REVIEWER))
    page.clock.install()
    page.goto(contribution.get_absolute_url())
    page.locator("#say textarea").press_sequentially("Half a sen")
    run_checks(contribution)
    page.clock.run_for(POLL)
    expect(page.locator("#outcome")).to_contain_text("required checks passed")
    page.keyboard.type("tence")
    expect(page.locator("#say textarea")).to_have_value("Half a sentence")


def test_whoever_decides_on_an_old_version_is_told_and_keeps_the_words(
    page: Page, ann: User
) -> None:
    contribution = submitted(ann, REPOSITORY)
    pass_checks(contribution)
    enter(page.context, make_user("ben", Role.REVIEWER))
    page.goto(contribution.get_absolute_url())
    page.fill("#say textarea", "Good water.")
    Contribution.objects.filter(pk=contribution.pk).update(head=2)
    contribution.versions.create(
        number=2, author=ann, payload=contribution.versions.get().payload, note=""
    )
    page.get_by_role("button", name="Approve version 1").click()
    expect(page.locator("#messages")).to_contain_text("replaced version 1")
    expect(page.locator("#say textarea")).to_have_value("Good water.")
    expect(page.locator("#say")).to_contain_text("Approve version 2")
