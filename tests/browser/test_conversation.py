"""Talking in a browser while others do too: what is typed stays, long stories open where one wants."""

import re

import pytest
from playwright.sync_api import Page, expect

from contributions.actions.answer_thread import answer_thread
from contributions.actions.comment import comment
from contributions.actions.edit_comment import edit_comment
from contributions.actions.open_thread import open_thread
from contributions.actions.revise import revise
from contributions.conversation import FIRST, LATEST, PIECE
from contributions.models import Contribution, Thread
from hub.models import User
from hub.models.user import Role
from tests.browser.conftest import enter
from tests.contributions.stories import pass_checks, say_often, submitted, variant_payload
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Milliseconds between two looks of a page on which only people act.
QUIET = 31_000
# Of a story of 300 comments.
HIDDEN = 300 + 1 - FIRST - LATEST


@pytest.fixture
def ann(transactional_db: None) -> User:
    return make_user("ann")


@pytest.fixture
def ben(transactional_db: None) -> User:
    return make_user("ben", Role.REVIEWER)


@pytest.fixture
def brook(ann: User) -> Contribution:
    made = submitted(ann, "headwaters/brook")
    pass_checks(made)
    return made


@pytest.fixture
def thread(brook: Contribution, ben: User) -> Thread:
    return open_thread(
        author=ben, contribution=brook, head=1, field="licence", body="Is it really?"
    )


def look_again(page: Page) -> None:
    with page.expect_response(lambda answer: "seen=" in answer.url):
        page.clock.run_for(QUIET)


def test_what_is_typed_survives_what_others_say(
    page: Page, brook: Contribution, thread: Thread, ann: User, ben: User
) -> None:
    enter(page.context, ann)
    page.clock.install()
    page.goto(brook.get_absolute_url())
    page.evaluate("document.body.dataset.mark = 'kept'")
    page.fill("#id_body", "Half a thought")
    page.click(f"#answer-{thread.pk} summary")
    box = page.locator(f"#answer-{thread.pk}-body")
    box.fill("It is, be")
    box.evaluate("box => box.setSelectionRange(2, 4)")

    comment(author=ben, contribution=brook, body="By the way.")
    answer_thread(author=ben, thread=thread, body="I looked at the card.")
    look_again(page)
    expect(page.locator("#latest")).to_contain_text("By the way.")
    expect(page.locator(f"#thread-{thread.pk}")).to_contain_text("I looked at the card.")
    expect(page.locator("#news")).to_have_text("ben commented")
    expect(box).to_be_focused()
    expect(box).to_have_value("It is, be")
    expect(page.locator("#id_body")).to_have_value("Half a thought")
    assert box.evaluate("box => [box.selectionStart, box.selectionEnd]") == [2, 4]
    assert page.evaluate("document.body.dataset.mark") == "kept"

    box.press("End")
    box.type("cause the card says so.")
    page.click(f"#answer-{thread.pk} button")
    expect(page.locator(f"#thread-{thread.pk}")).to_contain_text("It is, because the card says so.")


def test_a_page_that_nobody_sees_asks_nothing(page: Page, brook: Contribution, ann: User) -> None:
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "seen=" in request.url else None
    )
    page.clock.install()
    page.goto(brook.get_absolute_url())
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.clock.run_for(5 * QUIET)
    assert asked == []
    comment(author=ann, contribution=brook, body="Nobody looked.")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: false});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    expect(page.locator("#latest")).to_contain_text("Nobody looked.")


def test_who_writes_a_review_learns_of_a_new_version_and_keeps_their_words(
    page: Page, brook: Contribution, ann: User, ben: User
) -> None:
    enter(page.context, ben)
    page.clock.install()
    page.goto(brook.get_absolute_url())
    page.fill("#id_body", "I read all of it.")
    revise(
        actor=ann,
        contribution=brook,
        payload=variant_payload(licence="mit"),
        note="",
        head=1,
        sign_off=True,
    )
    look_again(page)
    note = page.locator("#arrived")
    expect(note).to_contain_text("Version 2 arrived while you were writing")
    expect(page.locator("#id_body")).to_have_value("I read all of it.")
    note.get_by_role("button").click()
    expect(page.get_by_role("button", name="Approve version 2")).to_be_visible()
    expect(page.locator("#id_body")).to_have_value("I read all of it.")
    page.get_by_role("button", name="Approve version 2").click()
    expect(page.locator("#latest")).to_contain_text("approved version 2")


def test_words_are_previewed_quoted_sent_and_edited(
    page: Page, brook: Contribution, ann: User, ben: User
) -> None:
    said = comment(author=ben, contribution=brook, body="Is it *wet*?")
    enter(page.context, ann)
    page.goto(brook.get_absolute_url())
    page.fill("#id_body", f"Dear @ben, see #{brook.pk} and `@ben`.")
    page.get_by_role("button", name="Preview").click()
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("link", name="@ben")).to_have_attribute("href", "/people/ben/")
    expect(preview.get_by_role("link")).to_have_count(2)
    expect(preview.locator("code")).to_have_text("@ben")
    page.click(f"#comment-{said.pk} a[data-quote]")
    box = page.locator("#id_body")
    expect(box).to_have_value(re.compile(r"`@ben`\.\n\n@ben\n\n> Is it \*wet\*\?\n\n$"))
    expect(box).to_be_focused()
    box.type("Yes.")
    page.get_by_role("button", name="Comment", exact=True).click()
    mine = page.locator("article.comment", has_text="Dear @ben")
    expect(mine.locator("blockquote")).to_have_text("Is it wet?")
    mine.get_by_role("link", name="Edit your comment").click()
    page.fill("#id_body", "Very wet.")
    page.get_by_role("button", name="Save").click()
    edited = page.locator("article.comment", has_text="Very wet.")
    edited.get_by_role("link", name="edited").click()
    expect(page.locator(".words del").first).to_be_visible()
    expect(page.locator(".words ins").first).to_be_visible()


def test_a_long_story_opens_in_pieces_and_at_a_link(
    page: Page, brook: Contribution, ann: User
) -> None:
    keys = say_often(brook, ann, 300)
    page.goto(brook.get_absolute_url())
    everything = page.locator("article.comment")
    expect(everything).to_have_count(FIRST - 1 + LATEST)
    page.get_by_role("link", name=f"Show {HIDDEN} more").click()
    expect(everything).to_have_count(FIRST - 1 + LATEST + PIECE)
    expect(page.locator(f"li:has(> #comment-{keys[FIRST - 1]})")).to_be_focused()
    expect(page.get_by_role("link", name=f"Show {HIDDEN - PIECE} more")).to_be_visible()
    # An old link, made before the story was long.
    page.goto("about:blank")
    page.goto(f"{brook.get_absolute_url()}#comment-{keys[150]}")
    page.wait_for_url(f"**?at=comment-{keys[150]}#comment-{keys[150]}")
    expect(page.locator(f"#comment-{keys[150]}")).to_be_in_viewport()


def test_without_scripts_one_previews_and_reads_on(
    plain_page: Page, brook: Contribution, ann: User
) -> None:
    keys = say_often(brook, ann, 300)
    enter(plain_page.context, ann)
    plain_page.goto(brook.get_absolute_url())
    plain_page.get_by_role("link", name=f"Show {HIDDEN} more").click()
    expect(plain_page.locator(f"#comment-{keys[100]}")).to_be_visible()
    plain_page.fill("#id_body", "**Dear** @ann")
    plain_page.get_by_role("button", name="Preview").click()
    preview = plain_page.get_by_role("region", name="Preview")
    expect(preview.locator("strong")).to_have_text("Dear")
    expect(preview.get_by_role("link", name="@ann")).to_be_visible()
    expect(plain_page.locator("#id_body")).to_have_value("**Dear** @ann")


def test_an_edited_comment_is_seen_by_others_at_once(
    page: Page, brook: Contribution, ann: User, ben: User
) -> None:
    said = comment(author=ben, contribution=brook, body="Frist.")
    enter(page.context, ann)
    page.clock.install()
    page.goto(brook.get_absolute_url())
    edit_comment(actor=ben, comment=said, body="First.")
    look_again(page)
    expect(page.locator(f"#comment-{said.pk} .prose")).to_have_text("First.")
