"""A run's page follows its run by itself, and stops asking once there is no more to say."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from evaluations.models import Run
from tests.factories import make_run, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Milliseconds between two questions of a run's page.
POLL = 2_100


def now_is(run: Run, state: str, **fields: object) -> None:
    Run.objects.filter(pk=run.pk).update(state=state, **fields)


def test_a_run_s_page_follows_the_run_until_it_ends(page: Page) -> None:
    run = make_run(requested_by=make_user("ann"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if is_poll(request) else None)
    page.clock.install()
    page.goto(run.get_absolute_url())
    # A mark that a reload would take away.
    page.evaluate("document.body.dataset.mark = 'kept'")
    badge = page.locator("#run-live .badge").first
    expect(badge).to_contain_text("queued", ignore_case=True)

    progress = {"stage": "running", "phase": "arithmetic", "done": 120, "total": 480}
    now_is(run, "running", progress=progress, started_at=timezone.now(), worker="bench@here")
    page.clock.run_for(POLL)
    expect(badge).to_contain_text("running", ignore_case=True)
    expect(page.locator("[aria-current=step]")).to_contain_text("Running")
    expect(page.locator("#run-live progress")).to_have_attribute("value", "120")

    now_is(run, "running", progress={**progress, "done": 360}, log_tail="360 of 480\n")
    page.clock.run_for(POLL)
    expect(page.locator("#run-live progress")).to_have_attribute("value", "360")
    expect(page.locator("#run-log")).to_contain_text("360 of 480")

    now_is(run, "published", finished_at=timezone.now())
    page.clock.run_for(POLL)
    expect(badge).to_contain_text("published", ignore_case=True)
    expect(page.locator("#run-live[hx-get]")).to_have_count(0)
    assert page.evaluate("document.body.dataset.mark") == "kept"

    before = len(asked)
    assert before >= 3
    page.clock.run_for(10 * POLL)
    assert len(asked) == before


def test_an_answer_without_news_leaves_the_page_alone(page: Page) -> None:
    run = make_run(requested_by=make_user("ann"))
    now_is(run, "running", started_at=timezone.now(), log_tail="one line\n")
    page.clock.install()
    page.goto(run.get_absolute_url())
    page.evaluate("document.getElementById('run-log').dataset.mark = 'kept'")
    with page.expect_response(lambda response: "seen=" in response.url) as answer:
        page.clock.run_for(POLL)
    assert answer.value.status == 204
    assert page.evaluate("document.getElementById('run-log').dataset.mark") == "kept"


def test_without_scripts_the_page_says_where_the_run_is(plain_page: Page) -> None:
    run = make_run(requested_by=make_user("ann"))
    plain_page.goto(run.get_absolute_url())
    expect(plain_page.locator("#run-live")).to_contain_text("Next on queue")
    now_is(run, "fetching", started_at=timezone.now())
    plain_page.reload()
    expect(plain_page.locator("[aria-current=step]")).to_contain_text("Fetching")


def is_poll(request: Request) -> bool:
    return "hx-request" in request.headers
