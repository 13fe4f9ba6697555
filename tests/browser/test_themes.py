"""Light, dark, the reader's own choice, and colours forced by the system."""

import pytest
from playwright.sync_api import Page

from tests.browser.world import fill_board

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BACKGROUND = "getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(16, 19, 21)"


def test_the_system_s_theme_is_honoured(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/")
    assert page.evaluate(BACKGROUND) == LIGHT
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(BACKGROUND) == DARK


def test_a_chosen_theme_outlives_the_page_and_the_system_s(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/")
    button = page.locator("[data-theme-toggle]")
    button.click()  # system -> light
    button.click()  # light -> dark
    assert page.evaluate(BACKGROUND) == DARK
    page.goto("/boards/")
    assert page.evaluate(BACKGROUND) == DARK
    assert button.get_attribute("aria-label") == "Theme: dark. Change to system"
    button.click()
    assert page.evaluate(BACKGROUND) == LIGHT
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") is None


def test_a_board_is_still_read_and_used_in_forced_colours(page: Page) -> None:
    board = fill_board(count=3)
    page.emulate_media(forced_colors="active")
    page.goto(board.get_absolute_url())
    text = "getComputedStyle(document.querySelector('tbody .row-name a')).color"
    assert page.evaluate(text) != page.evaluate(BACKGROUND)
    # The bars are drawn, in a colour of the system's and not in the background's.
    bar = "getComputedStyle(document.querySelector('.ci-range')).stroke"
    assert page.evaluate(bar) not in {"none", page.evaluate(BACKGROUND)}
    link = page.locator("thead a", has_text="Average")
    link.focus()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
