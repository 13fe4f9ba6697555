"""Every page of the site: axe finds nothing in light and dark, nothing overflows a telephone, and the
console stays silent (fixture `page`). A page without a row here fails the first test."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import BrowserContext, Page
from pytest_django.fixtures import Settings

from contributions.mail import unsubscribe_token
from contributions.models import Comment, Thread
from evaluations.models import Score
from hub.actions.create_token import create_token
from tests.browser.conftest import enter, sign_in
from tests.browser.world import World, make_world
from tests.evaluations.answering import answered_score
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Axe().axe_script
# What is not a page of ours: data, files, and Django's own administration.
ELSEWHERE = ("admin/", "mirror/", "api/v1/", "api/schema/", "feeds/")
NO_PAGE = {
    "healthz": "text for supervisors",
    "readyz": "JSON for supervisors",
    "robots": "text for robots",
    "token_create": "POST only; its answer is account_settings",
    "token_revoke": "POST only",
    "origin_token_remove": "POST only",
    "huggingface_webhook": "POST only",
    "run_cancel": "POST only",
    "run_vote": "POST only",
    "run_prioritise": "POST only",
    "worker_drain": "POST only",
    "run_retry": "POST only",
    "run_replicate": "POST only",
    **dict.fromkeys(
        [
            "contribution_assign",
            "contribution_unassign",
            "thread_answer",
            "thread_resolve",
            "thread_reopen",
            "scope_add",
            "scope_remove",
            "policy_set",
        ],
        "POST only",
    ),
    "checkpoint_measure": "POST only",
    "baseline_export": "a CSV file",
    "benchmark_data": "rows of data",
    **dict.fromkeys(
        [
            "hold_release",
            "hold_refuse",
            "report_decide",
            "person_block",
            "person_unblock",
            "person_suspend",
            "person_reinstate",
        ],
        "POST only",
    ),
    "upload_file": "a file",
    "recipe_rescore": "POST only",
    "rescoring_cancel": "POST only",
    "contribution_say": "POST only",
    "contribution_preview": "POST only",
    "contribution_merge": "POST only",
    "contribution_close": "POST only",
    "contribution_withdraw": "POST only",
    "contribution_rerun": "POST only",
    "contribution_adopt": "POST only",
    "contribution_revert": "leads to submit",
    "contribution_sign_off": "POST only",
    "draft_discard": "POST only",
    "variant_citation": "a file",
    "dataset_citation": "a file",
    "inbox_count": "a fragment: the bell of the header",
    "inbox_read": "POST only",
    "contribution_watch": "POST only",
    "variant_watch": "POST only",
    "dataset_watch": "POST only",
    "webhook_switch": "POST only",
    "webhook_try": "POST only",
    "delivery_again": "POST only",
    "mfa_download_recovery_codes": "a text file",
    "account_set_password": "only for accounts without a password; these have none",
    "account_confirm_login_code": "sign-in by code is off",
    "mfa_authenticate": "only in the middle of signing in with a second factor: test_accounts.py",
    "mfa_reauthenticate": "only with a second factor: test_accounts.py",
    "mfa_deactivate_totp": "only with a second factor: test_accounts.py",
    "mfa_view_recovery_codes": "only with a second factor: test_accounts.py",
    "mfa_generate_recovery_codes": "only with a second factor: test_accounts.py",
    "account_confirm_email": "needs a key from a mail: test_accounts.py",
    "account_reset_password_from_key": "needs a key from a mail: test_accounts.py",
}


@dataclass(frozen=True)
class Visit:
    """One page to look at: who asks for it, and whether it is there."""

    name: str
    args: Callable[[World], tuple[Any, ...]] = lambda world: ()
    query: str = ""
    person: str = ""
    status: int = 200

    def path(self, world: World) -> str:
        return reverse(self.name, args=self.args(world)) + self.query


def run(state: str, **more: Any) -> Visit:
    return Visit("run_detail", lambda world: (world.runs[state].pk,), **more)


def contribution(state: str, **more: Any) -> Visit:
    return Visit("contribution_detail", lambda world: (world.contributions[state].pk,), **more)


def said(world: World) -> tuple[int, int]:
    """Ann's edited comment."""
    number = world.contributions["revised"].pk
    return number, Comment.objects.get(contribution=number, edited_at__isnull=False).pk


def newest(world: World) -> tuple[int]:
    return (world.contributions["revised"].pk,)


def thread(world: World) -> tuple[int, int]:
    opened = Thread.objects.filter(contribution=world.contributions["revised"]).first()
    assert opened is not None
    return opened.contribution_id, opened.pk


def sampled(world: World) -> Score:
    """Two scores of one recipe whose answers are kept: the first."""
    known = Score.objects.filter(samples__isnull=False).order_by("pk").first()
    if known is not None:
        return known
    first = answered_score(["It is 42.", "perhaps 41"], [1.0, 0.0])
    answered_score(["It is 42.", "surely 42"], [1.0, 1.0], recipe=first.recipe)
    return first


CATALOGUE = (
    Visit("front"),
    Visit("variant_list"),
    Visit("variant_list", query="?q=nothing-has-this-name"),
    Visit("variant_detail", lambda world: (world.variant.owner, world.variant.name), person="ann"),
    Visit("dataset_list"),
    Visit("dataset_detail", lambda world: (world.dataset.owner, world.dataset.name)),
    Visit("person_detail", lambda world: ("ann",)),
    Visit("search", query="?q=river"),
    Visit("search", query="?q=nothing-has-this-name"),
    Visit("styleguide"),
    Visit("api_docs"),
    Visit("person_detail", lambda world: ("nobody-of-that-name",), status=404),
)
MEASURING = (
    Visit("board_list"),
    Visit("board_detail", lambda world: (world.board.slug,)),
    Visit("board_detail", lambda world: (world.board.slug,), query="?q=x&min_parameters=many"),
    Visit("board_detail", lambda world: (world.empty_board.slug,)),
    Visit("board_version", lambda world: (world.board.slug, 1), query="?view=normalised"),
    Visit("benchmark_list"),
    Visit("benchmark_detail", lambda world: (world.recipe.benchmark_version.benchmark.slug,)),
    Visit("recipe_detail", lambda world: (world.recipe.digest,)),
    Visit("upload_list"),
    Visit("upload_new", lambda world: (world.upload.checkpoint_id,), person="ben"),
    Visit("upload_detail", lambda world: (world.upload.pk,)),
    Visit("rescoring_list"),
    Visit("rescoring_list", query="?state=failed"),
    Visit("rescoring_detail", lambda world: (world.rescoring.pk,)),
    Visit("recipe_detail", lambda world: (world.rescoring.to_recipe.digest,), person="cleo"),
    Visit("claim_list"),
    Visit("claim_list", query="?benchmark=nothing"),
    Visit("claim_detail", lambda world: (world.claim.pk,)),
    Visit("run_list"),
    Visit("run_list", query="?queue=gpu"),
    Visit("worker_list"),
    Visit("worker_detail", lambda world: (world.worker.pk,), person="cleo"),
    Visit("score_answers", lambda world: (sampled(world).pk,)),
    Visit("score_answers", lambda world: (sampled(world).pk,), query="?show=lost&q=x&after=z"),
    Visit("score_answer", lambda world: (sampled(world).pk, 1)),
    run("queued"),
    run("running", person="ann"),
    run("failed", person="ann"),
    run("published"),
    run("cancelled"),
)
MODERATING = (
    Visit("moderation", person="cleo"),
    Visit("moderation", person="ben", status=403),
    Visit("audit_log", person="cleo"),
    Visit("audit_log", query="?deed=nothing", person="cleo"),
    Visit("hold_detail", lambda world: (world.hold.pk,), person="cleo"),
    Visit("report", query="?person=ben", person="ann"),
    Visit("abuse_report", lambda world: (world.report.pk,), person="cleo"),
    Visit("person_detail", lambda world: ("ann",), person="cleo"),
)
REVIEWING = (
    Visit("review_queue", person="ben"),
    Visit("review_queue", query="?which=all", person="cleo"),
    Visit("review_queue", query="?which=mine", person="ann"),
    Visit("thread_open", newest, query="?field=licence", person="ben"),
    Visit("thread_open", newest, query="?field=card_text&line=1", person="ben"),
    Visit("thread_detail", thread, person="ann"),
    Visit("group_list"),
    Visit("group_detail", lambda world: ("algorithm",), person="cleo"),
    Visit("group_detail", lambda world: ("algorithm",)),
)
CONTRIBUTING = (
    Visit("contribution_list", person="ann"),
    Visit("contribution_list", query="?q=nothing"),
    Visit("baseline_changes", lambda world: (world.variant.owner, world.variant.name)),
    contribution("open", person="ann"),
    contribution("revised", person="ben"),
    contribution("revised", query="?version=1"),
    contribution("approved", person="cleo"),
    contribution("merged"),
    contribution("closed"),
    Visit("comment_edit", said, person="ann"),
    Visit("comment_history", said),
    contribution("revised", query="?quote=comment-1", person="ann"),
    contribution("dataset"),
    Visit("dco"),
    Visit("submit_choose"),
    Visit("draft_list", person="ann"),
    Visit("submit", lambda world: ("add-variant",), person="ann"),
    Visit("submit", lambda world: ("add-dataset",), person="ann"),
    Visit("submit", lambda world: ("add-benchmark",), person="ann"),
    Visit("contribution_revise", lambda world: (world.contributions["revised"].pk,), person="ann"),
    Visit(
        "contribution_revise",
        lambda world: (world.contributions["open"].pk,),
        person="ben",
        status=403,
    ),
)
HEARING = (
    Visit("inbox", person="ann"),
    Visit("inbox", person="ann", query="?show=all"),
    Visit("inbox", person="cleo", query="?show=read&why=assigned"),
    Visit("mail_preference", person="ann"),
    Visit("mail_stop", lambda world: (unsubscribe_token(world.ann),)),
    Visit("origin_token_list", person="ann"),
    Visit("origin_token_list", person="ben"),
    Visit("webhook_list", person="ann"),
    Visit("webhook_list", person="ben"),
    Visit("webhook_detail", lambda world: (world.webhook.pk,), person="ann"),
)
# Asked for by somebody who gave the password a moment ago, as allauth wants it for some.
ACCOUNT = (
    Visit("webhook_secret", lambda world: (world.webhook.pk,), person="ann"),
    *(
        Visit(name, person="ann")
        for name in (
            "account_settings",
            "account_email",
            "account_change_password",
            "account_reauthenticate",
            "mfa_index",
            "mfa_activate_totp",
            "account_logout",
        )
    ),
)
SIGNED_OUT = tuple(
    Visit(name)
    for name in (
        "account_login",
        "account_signup",
        "account_inactive",
        "account_email_verification_sent",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
    )
)
EMPTY = tuple(
    Visit(name)
    for name in (
        "front",
        "variant_list",
        "dataset_list",
        "board_list",
        "benchmark_list",
        "claim_list",
        "run_list",
        "contribution_list",
        "search",
    )
)
GROUPS = {
    "catalogue": CATALOGUE,
    "measuring": MEASURING,
    "contributing": CONTRIBUTING,
    "moderating": MODERATING,
    "reviewing": REVIEWING,
    "hearing": HEARING,
    "signed out": SIGNED_OUT,
}


def named(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        where = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield where, entry.name or ""
        else:
            yield from named(entry, where)


def test_every_page_of_the_site_has_a_row_here() -> None:
    pages = {name for where, name in named(get_resolver()) if not where.startswith(ELSEWHERE)}
    visited = {visit.name for visit in (*itertools.chain(*GROUPS.values()), *ACCOUNT)}
    assert pages - NO_PAGE.keys() == visited
    assert NO_PAGE.keys() <= pages


def look(page: Page, scheme: Any, width: int) -> list[str]:
    """What is wrong with the page as it stands at `width` in `scheme`."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    wrong = [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if overflow > 0:
        wrong.append(f"{overflow} px wider than the window of {width} px")
    return [f"{page.url} {scheme} {width}: {each}" for each in wrong]


def wrong_with(page: Page, visit: Visit, path: str) -> list[str]:
    answer = page.goto(path)
    assert answer
    assert (answer.status, page.url.endswith(path)) == (visit.status, True), page.url
    # Swagger UI is third-party markup that we cannot mend; the operations stand above it as a table.
    page.evaluate("document.getElementById('swagger-ui')?.remove()")
    page.evaluate(AXE)
    return look(page, "light", 1280) + look(page, "dark", 390)


@pytest.mark.parametrize("group", GROUPS)
def test_pages_are_accessible_and_fit(
    group: str, page: Page, context: BrowserContext, settings: Settings
) -> None:
    settings.DEMO = True  # the style guide is there only then
    world = make_world()
    wrong: list[str] = []
    for visit in GROUPS[group]:
        enter(context, getattr(world, visit.person) if visit.person else None)
        wrong += wrong_with(page, visit, visit.path(world))
    assert not wrong, "\n".join(wrong)


def test_pages_of_ones_account_are_accessible_and_fit(page: Page) -> None:
    world = make_world()
    create_token(user=world.ann, name="laptop", scopes=["contribute"])
    EmailAddress.objects.create(user=world.ann, email=world.ann.email, primary=True, verified=True)
    sign_in(page, world.ann)
    page.goto(reverse("account_reauthenticate"))
    page.fill("main [name=password]", PASSWORD)
    page.click("main button[type=submit]")
    wrong: list[str] = []
    for visit in ACCOUNT:
        wrong += wrong_with(page, visit, visit.path(world))
    assert not wrong, "\n".join(wrong)


def test_pages_of_an_empty_hub_are_accessible_and_fit(page: Page) -> None:
    wrong: list[str] = []
    for visit in EMPTY:
        wrong += wrong_with(page, visit, reverse(visit.name))
    assert not wrong, "\n".join(wrong)
