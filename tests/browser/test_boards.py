"""A board in the hand: sorting, narrowing, paging, keys, files; with scripts and without."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from evaluations.models import Board
from tests.browser.world import fill_board

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COUNT = 8
BEST_FIRST = [f"brook-{number:02}" for number in range(1, COUNT + 1)]
MIT = ["brook-01", "brook-04", "brook-07"]


@pytest.fixture
def board() -> Board:
    return fill_board(COUNT)


def rows(page: Page) -> Locator:
    return page.locator("#standings tbody .row-name > a")


def lists(page: Page, names: list[str]) -> None:
    """Wait for it: a click returns before the page that it asks for has come."""
    expect(rows(page)).to_have_text(names)


def address_has(page: Page, part: str) -> None:
    expect(page).to_have_url(re.compile(re.escape(part)))


def head(page: Page, label: str) -> Locator:
    return page.locator("#standings thead a", has_text=label)


def whole_loads(page: Page) -> list[str]:
    """Addresses of the pages that are loaded whole from now on."""
    loads: list[str] = []
    page.on(
        "request",
        lambda request: loads.append(request.url) if request.is_navigation_request() else None,
    )
    return loads


def leads(page: Page, name: str) -> None:
    expect(rows(page).first).to_have_text(name)


def test_a_head_sorts_in_place_and_back_restores(page: Page, board: Board) -> None:
    page.goto(board.get_absolute_url())
    lists(page, BEST_FIRST)
    loads = whole_loads(page)

    head(page, "Parameters").click()
    leads(page, BEST_FIRST[-1])
    lists(page, BEST_FIRST[::-1])
    address_has(page, "ordering=-parameters")
    expect(page.locator("#standings th[aria-sort=descending]")).to_contain_text("Parameters")
    head(page, "Parameters").click()
    leads(page, BEST_FIRST[0])
    expect(page).to_have_url(re.compile(re.escape("ordering=parameters") + "$"))
    assert loads == []

    page.go_back()
    leads(page, BEST_FIRST[-1])
    address_has(page, "ordering=-parameters")
    page.go_back()
    leads(page, BEST_FIRST[0])
    expect(page).to_have_url(re.compile(re.escape(board.get_absolute_url()) + "$"))


def test_narrowing_stands_in_the_address_and_outlives_a_sort(page: Page, board: Board) -> None:
    page.goto(board.get_absolute_url())
    loads = whole_loads(page)
    page.select_option("#board-licence", "mit")
    expect(page.locator("#standings tbody tr")).to_have_count(3)
    head(page, "Variant").click()
    expect(page.locator("#standings th[aria-sort=ascending]")).to_contain_text("Variant")
    lists(page, MIT)
    address_has(page, "licence=mit")
    address_has(page, "ordering=name")
    assert loads == []
    page.reload()
    lists(page, MIT)
    expect(page.locator("#board-licence")).to_have_value("mit")


def test_typing_narrows_without_losing_focus_or_text(page: Page, board: Board) -> None:
    page.goto(board.get_absolute_url())
    page.locator("#board-q").press_sequentially("brook-03")
    expect(page.locator("#standings tbody tr")).to_have_count(1)
    lists(page, ["brook-03"])
    assert page.evaluate("document.activeElement.id") == "board-q"
    page.fill("#board-q", "no such river")
    expect(page.locator("#standings")).to_contain_text("Nothing fits")
    page.locator("#standings").get_by_text("Clear the filters").first.click()
    leads(page, BEST_FIRST[0])


def test_a_limit_that_makes_no_sense_is_named_and_left_out(page: Page, board: Board) -> None:
    page.goto(f"{board.get_absolute_url()}?max_parameters=many")
    expect(page.locator("#standings [role=status]")).to_contain_text("such as 7B or 480k")
    lists(page, BEST_FIRST)
    page.fill("[name=max_parameters]", "1M")
    page.press("[name=max_parameters]", "Enter")
    expect(page.locator("#standings tbody tr")).to_have_count(2)


def test_pages_follow_each_other_without_gap_or_repeat(page: Page, board: Board) -> None:
    page.goto(f"{board.get_absolute_url()}?page_size=3")
    lists(page, BEST_FIRST[:3])
    for first in (3, 6):
        page.click("#standings a[rel=next]")
        lists(page, BEST_FIRST[first : first + 3])
    expect(page.locator("#standings a[rel=next]")).to_have_count(0)
    page.click("#standings a[rel=prev]")
    leads(page, "brook-04")


def test_scores_are_shown_raw_and_from_chance(page: Page, board: Board) -> None:
    page.goto(board.get_absolute_url())
    first = page.locator("#standings tbody tr").first.locator(".score").nth(1)
    expect(first).to_contain_text("83.8")
    page.select_option("#board-view", "normalised")
    expect(first).to_contain_text("78.3")
    address_has(page, "view=normalised")
    expect(head(page, "Arithmetic")).to_contain_text("of 100")


def test_every_number_has_a_door(page: Page, board: Board) -> None:
    page.goto(board.get_absolute_url())
    page.locator("#standings tbody tr").first.locator(".score a").first.click()
    expect(page.locator("h1")).to_contain_text("Run")
    page.locator("main table a").first.click()
    expect(page.locator("main")).to_contain_text("What the digest covers")


def test_what_is_missing_is_said(page: Page, board: Board) -> None:
    page.goto(board.get_absolute_url())
    last = page.locator("#standings tbody tr").last
    expect(last).to_contain_text("not measured")
    expect(last).to_contain_text("not ranked")


def test_keys_move_and_search(page: Page, board: Board) -> None:
    page.goto(board.get_absolute_url())
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("jk")
    expect(page.locator("#q")).to_have_value("jk")  # letters in a field are letters
    page.locator("#q").blur()
    for key, name in (("j", "brook-01"), ("j", "brook-02"), ("k", "brook-01")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.textContent") == name
    page.keyboard.press("Enter")
    page.wait_for_url("**/variants/river/brook-01/")


def test_a_row_points_at_its_parent(page: Page, board: Board) -> None:
    page.goto(board.get_absolute_url())
    page.locator("tr[data-id='river/brook-03'] .row-name > a").focus()
    expect(page.locator("tr.is-parent")).to_have_attribute("data-id", "river/brook-02")


def rows_of_csv(page: Page, folder: Path) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.click("#standings >> text=CSV")
    target = folder / "board.csv"
    download.value.save_as(target)
    assert download.value.suggested_filename == "rivers.csv"
    with target.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_csv_holds_the_rows_in_view_in_their_order(
    page: Page, board: Board, tmp_path: Path
) -> None:
    page.goto(board.get_absolute_url())
    page.select_option("#board-licence", "mit")
    expect(page.locator("#standings tbody tr")).to_have_count(3)
    head(page, "Parameters").click()
    lists(page, MIT[::-1])
    written = rows_of_csv(page, tmp_path)
    assert [row["variant"].partition("/")[2] for row in written] == MIT[::-1]
    assert [row["licence"] for row in written] == ["mit"] * 3


def test_a_board_works_without_scripts(plain_page: Page, board: Board, tmp_path: Path) -> None:
    page = plain_page
    page.goto(f"{board.get_absolute_url()}?page_size=3")
    head(page, "Parameters").click()
    lists(page, ["brook-08", "brook-07", "brook-06"])
    page.click("#standings a[rel=next]")
    lists(page, ["brook-05", "brook-04", "brook-03"])
    page.select_option("#board-licence", "mit")
    page.select_option("#board-view", "normalised")
    page.click("#board-filters button")
    lists(page, MIT[::-1])
    address_has(page, "view=normalised")
    written = rows_of_csv(page, tmp_path)
    assert [row["variant"] for row in written] == [f"river/{name}" for name in MIT[::-1]]
    page.go_back()
    lists(page, ["brook-05", "brook-04", "brook-03"])
