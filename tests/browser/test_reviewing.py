"""Threads begin where one reads, and what is typed elsewhere stays; with scripts and without."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from contributions.models import Contribution, Thread
from hub.models import User
from hub.models.user import Role
from tests.browser.conftest import enter, sign_in
from tests.contributions.stories import submitted
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ben(db: None) -> User:
    return make_user("ben", Role.REVIEWER)


@pytest.fixture
def brook(db: None) -> Contribution:
    return submitted(make_user("ann"), "headwaters/brook")


def test_a_thread_opens_in_place_and_leaves_what_is_typed(
    page: Page, context: BrowserContext, ben: User, brook: Contribution
) -> None:
    enter(context, ben)
    page.goto(brook.get_absolute_url())
    page.fill("#say textarea", "Half a sentence")
    page.click(".discuss[href*='field=licence']")
    form = page.locator("#talk-licence #thread-form")
    form.locator("button[type=submit]").click()
    expect(form).to_contain_text("Write something first.")
    form.locator("textarea").fill("Is that so?")
    form.locator("button[type=submit]").click()
    expect(page.locator("#conversation")).to_contain_text("Is that so?")
    expect(form).to_have_count(0)
    assert page.input_value("#say textarea") == "Half a sentence"
    thread = Thread.objects.get()
    assert (thread.field, thread.opened_by) == ("licence", ben)


def test_a_line_is_discussed_and_resolved_without_scripts(
    plain_page: Page, ben: User, brook: Contribution
) -> None:
    sign_in(plain_page, ben)
    plain_page.goto(brook.get_absolute_url())
    plain_page.locator("summary", has_text="as proposed").click()
    plain_page.click(".discuss[href*='field=card_text']")
    plain_page.locator("td.ln a").first.click()
    plain_page.fill("#thread-form textarea", "Which brook?")
    plain_page.click("#thread-form button[type=submit]")
    thread = Thread.objects.get()
    assert (thread.line, thread.quote) == (1, "# Brook")
    plain_page.click(f"#settle-{thread.pk}")
    expect(plain_page.locator(f"#thread-{thread.pk}")).to_contain_text("Resolved")
