"""A benchmark from an empty form to a score, each step as the person who takes it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from contributions.models import Contribution
from evaluations.actions.evaluate import evaluate
from evaluations.actions.request import request_runs
from evaluations.actions.start import claim_next
from evaluations.models import Recipe, Score
from hub import store
from hub.manifest import FileRow, Manifest
from hub.models import Checkpoint
from hub.models.user import Role
from tests.browser.conftest import enter
from tests.contributions.benchmarks import LINES, benchmark_payload
from tests.contributions.stories import run_checks
from tests.factories import make_checkpoint, make_user
from tests.toys import micro_model

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORDS = ("name", "description", "data", "prompt", "choices", "gold", "chance")


@pytest.fixture
def checkpoint(
    settings: Settings, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Checkpoint:
    """A model that really answers, as if it had been published."""
    settings.STORE_DIR = tmp_path / "store"
    files: list[FileRow] = [
        {"path": path.name, "size": path.stat().st_size, "sha256": store.default().add_file(path)}
        for path in sorted(micro_model(tmp_path_factory).iterdir())
        if path.is_file()
    ]
    return make_checkpoint(manifest=Manifest.of("0" * 40, files, parameters=1, dtype="float32"))


def fill(page: Page) -> None:
    payload = benchmark_payload()
    for name in WORDS:
        page.fill(f"#id_{name}", str(payload[name]))
    page.select_option("#id_licence", payload["licence"])


def test_a_benchmark_is_tried_proposed_merged_and_measured(
    page: Page, checkpoint: Checkpoint
) -> None:
    ann, ben, cleo = (
        make_user("ann"),
        make_user("ben", Role.REVIEWER),
        make_user("cleo", Role.MAINTAINER),
    )
    enter(page.context, ann)
    page.goto("/submit/add-benchmark/")
    fill(page)
    page.fill("#id_data", LINES.replace('"answer": 3', '"answer": 7'))
    page.click("#preview-button")
    expect(page.locator("#error-summary")).to_contain_text(
        "Row 4: Answer names none of its 4 choices."
    )
    page.fill("#id_data", LINES)
    page.click("#preview-button")
    expect(page.locator(".prompt")).to_have_count(8)
    expect(page.locator(".prompt").first.locator(".right")).to_contain_text("Juhi 0")
    page.check("#id_sign_off")
    page.click("button:has-text('Submit for review')")
    expect(page.locator("h1")).to_contain_text("Add benchmark Capitals of nowhere")
    contribution = Contribution.objects.get()
    checks = run_checks(contribution)
    assert {check.state for check in checks.values()} == {"passed"}
    enter(page.context, ben)
    page.goto(contribution.get_absolute_url())
    page.get_by_role("button", name="Approve version 1").click()
    expect(page.locator("#latest")).to_contain_text("approved version 1")
    enter(page.context, cleo)
    page.goto(contribution.get_absolute_url())
    page.click("#merge")
    expect(page.locator("#outcome")).to_contain_text("is in the catalogue")
    recipe = Recipe.objects.get()
    [run] = request_runs(actor=ann, checkpoint=checkpoint, recipes=[recipe])
    claimed = claim_next(queue=run.queue, worker="here")
    assert claimed is not None
    evaluate(claimed)
    score = Score.objects.get(recipe=recipe)
    page.goto("/benchmarks/capitals-of-nowhere/")
    expect(page.locator("main")).to_contain_text("8 rows")
    page.goto(f"/runs/{run.pk}/")
    expect(page.locator("main")).to_contain_text(f"{100 * score.value:.1f}")


@pytest.mark.parametrize("width", [390, 1280])
def test_form_and_prompts_fit_their_page(
    page: Page, width: int, settings: Settings, tmp_path: Path
) -> None:
    settings.STORE_DIR = tmp_path / "store"
    enter(page.context, make_user("ann"))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/submit/add-benchmark/")
    fill(page)
    page.click("#preview-button")
    expect(page.locator(".prompt")).to_have_count(8)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
