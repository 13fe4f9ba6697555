"""What people do with contributions, each in a browser of their own: the stories of tests/flows/."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from contributions.models import Contribution
from evaluations.actions.evaluate import evaluate
from evaluations.actions.rank import rank_board
from evaluations.actions.start import claim_next
from hub.models import User
from hub.models.user import Role
from tests.browser.conftest import enter
from tests.contributions.stories import pass_checks
from tests.factories import PASSWORD, make_board, make_dataset, make_user, make_variant
from tests.flows.scripts import work_off_checks
from tests.repos import card, host
from tests.running import fast_recipe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Opened = Callable[[str], Page]


@pytest.fixture
def cast(transactional_db: None) -> dict[str, User]:
    roles = {"ann": Role.MEMBER, "ben": Role.REVIEWER, "cleo": Role.MAINTAINER}
    return {name: make_user(name, role) for name, role in roles.items()}


@pytest.fixture
def page_of(chromium: Browser, live_server: LiveServer, cast: dict[str, User]) -> Iterator[Opened]:
    """A page of somebody's own browser; of nobody's for an empty name."""
    contexts: list[BrowserContext] = []

    def opened(name: str) -> Page:
        context = chromium.new_context(base_url=live_server.url, reduced_motion="reduce")
        context.set_default_timeout(10_000)
        enter(context, cast.get(name))
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def origin(live_server: LiveServer, settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"
    settings.STATE_DIR = tmp_path
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    # No tiny trained model here: the smoke test has its own (tests/contributions/checks).
    settings.SMOKE_MAX_BYTES = 0


def say(page: Page, button: str, words: str = "") -> None:
    page.locator("#say textarea").fill(words)
    page.locator("#say").get_by_role("button", name=button).click()


def look(page: Page) -> None:
    """As when somebody comes back to the tab; a quiet page asks every half minute by itself."""
    page.evaluate("htmx.trigger('#live', 'look')")


def merge(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#merge")
    expect(page.locator("#state")).to_contain_text("Merged")


@pytest.mark.usefixtures("origin")
def test_somebody_comes_for_the_first_time_and_ends_on_a_board(page_of: Opened) -> None:
    """Makes an account, submits by form, is asked for changes, revises, is merged, measured, ranked."""
    board = make_board("speed", [fast_recipe()], automatic=True, title="Speed")
    host("newcomer/first", {"README.md": card()})

    newcomer = page_of("")
    newcomer.goto("/submit/add-variant/")
    newcomer.get_by_role("link", name="Make one").click()
    newcomer.fill("input[name=username]", "newcomer")
    newcomer.fill("input[name=email]", "newcomer@example.org")
    newcomer.fill("input[name=password1]", PASSWORD)
    if newcomer.locator("input[name=password2]").count():
        newcomer.fill("input[name=password2]", PASSWORD)
    newcomer.get_by_role("button", name="Make the account").click()
    newcomer.wait_for_url("**/submit/add-variant/")
    newcomer.fill("#id_repo_id", "newcomer/first")
    newcomer.click("#fetch")
    expect(newcomer.locator("#id_name")).to_have_value("first")
    newcomer.select_option("#id_licence", "mit")
    newcomer.fill("#id_note", "My first one.")
    newcomer.get_by_role("button", name="Submit for review").click()
    expect(newcomer.locator("#error-summary")).to_contain_text("Sign it off")
    expect(newcomer.locator("#id_note")).to_have_value("My first one.")
    newcomer.check("#id_sign_off")
    newcomer.get_by_role("button", name="Submit for review").click()
    newcomer.wait_for_url("**/contributions/*/")
    address = newcomer.url
    assert work_off_checks()["card"] == "failed"
    expect(newcomer.locator("#checks")).to_contain_text("licence")

    reviewer = page_of("ben")
    reviewer.goto(address)
    say(reviewer, "Request changes", "The card says *apache-2.0*, @newcomer.")
    look(newcomer)
    expect(newcomer.locator("#state")).to_contain_text("Changes requested")
    expect(newcomer.locator("#conversation")).to_contain_text("The card says apache-2.0")

    newcomer.locator("a.button", has_text="Revise").first.click()
    newcomer.select_option("#id_licence", "apache-2.0")
    newcomer.fill("#id_note", "As the card has it.")
    newcomer.check("#id_sign_off")
    newcomer.get_by_role("button", name="Add version 2").click()
    newcomer.wait_for_url("**/contributions/*/")
    expect(newcomer.locator("#changes")).to_contain_text("mit")
    assert "failed" not in work_off_checks().values()

    reviewer.goto(address)
    say(reviewer, "Approve version 2")
    look(newcomer)
    expect(newcomer.locator("#state")).to_contain_text("Approved")
    maintainer = page_of("cleo")
    merge(maintainer, address)
    look(newcomer)
    expect(newcomer.locator("#state")).to_contain_text("Merged")

    while run := claim_next(queue="cpu", worker="test"):
        evaluate(run)
    rank_board(board)
    newcomer.goto("/boards/speed/")
    expect(newcomer.get_by_role("table", name="Standings")).to_contain_text("first")
    newcomer.goto("/variants/newcomer/first/")
    expect(newcomer.get_by_role("region", name="Credit")).to_contain_text("newcomer")


def test_a_flag_is_raised_upheld_seen_and_lifted(page_of: Opened) -> None:
    dataset = make_dataset("sea/tests")
    ann = page_of("ann")
    ann.goto(dataset.get_absolute_url())
    ann.get_by_role("link", name="Flag this dataset").click()
    ann.select_option("#id_reason", "contamination")
    ann.fill("#id_summary", "It holds the test questions.")
    ann.fill("#id_evidence", "Row 7 is question 12.")
    ann.check("#id_sign_off")
    ann.get_by_role("button", name="Submit for review").click()
    ann.wait_for_url("**/contributions/*/")
    address = ann.url

    stranger = page_of("")
    stranger.goto(dataset.get_absolute_url())
    expect(stranger.locator("#disputes")).to_contain_text("not decided yet")

    ben = page_of("ben")
    ben.goto(address)
    say(ben, "Approve version 1", "It is so.")
    cleo = page_of("cleo")
    merge(cleo, address)
    stranger.goto(dataset.get_absolute_url())
    expect(stranger.locator("#disputes h2")).to_have_text("Disputed")
    expect(stranger.locator("#disputes")).to_contain_text("It holds the test questions.")

    ann.goto(address)
    ann.get_by_role("button", name="Revert").or_(ann.get_by_role("link", name="Revert")).click()
    ann.fill("#id_why", "Row 7 is gone.")
    ann.check("#id_sign_off")
    ann.get_by_role("button", name="Submit for review").click()
    ann.wait_for_url(lambda url: "/contributions/" in url and url != address)
    ben.goto(ann.url)
    say(ben, "Approve version 1")
    merge(cleo, ann.url)
    stranger.goto(dataset.get_absolute_url())
    # It no longer stands, and nothing was deleted.
    expect(stranger.locator("#disputes h2")).to_have_text("Disputes")
    expect(stranger.locator("#disputes")).to_contain_text("1 settled dispute")


def test_an_edit_is_taken_back_by_one_button_and_two_people(page_of: Opened) -> None:
    salt = make_variant("sea/salt", summary="Salty.")
    ann = page_of("ann")
    ann.goto(salt.get_absolute_url())
    ann.get_by_role("link", name="Improve this page").click()
    ann.fill("#id_summary", "Sugar.")
    ann.check("#id_sign_off")
    ann.get_by_role("button", name="Submit for review").click()
    ann.wait_for_url("**/contributions/*/")
    address = ann.url
    pass_checks(Contribution.objects.get())
    ben, cleo = page_of("ben"), page_of("cleo")
    ben.goto(address)
    say(ben, "Approve version 1")
    merge(cleo, address)
    cleo.goto(salt.get_absolute_url())
    expect(cleo.locator("main")).to_contain_text("Sugar.")

    ann.goto(address)
    ann.get_by_role("button", name="Revert").or_(ann.get_by_role("link", name="Revert")).click()
    expect(ann.locator("#id_summary")).to_have_value("Salty.")
    ann.check("#id_sign_off")
    ann.get_by_role("button", name="Submit for review").click()
    ann.wait_for_url(lambda url: "/contributions/" in url and url != address)
    pass_checks(Contribution.objects.latest("pk"))
    ben.goto(ann.url)
    say(ben, "Approve version 1")
    merge(cleo, ann.url)
    cleo.goto(salt.get_absolute_url())
    expect(cleo.locator("main")).to_contain_text("Salty.")
    cleo.goto(address)
    expect(cleo.locator("#state")).to_contain_text("taken back by #")
    expect(cleo.get_by_role("link", name="Revert", exact=True)).to_have_count(0)
