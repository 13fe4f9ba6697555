"""A change against a baseline as people see it: both curves drawn, nothing cut off, on desk and telephone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from contributions.models import Contribution
from hub.models import Checkpoint
from hub.models.user import Role
from tests.browser.conftest import enter
from tests.contributions.baselines import change_payload, merged_change
from tests.evaluations.worlds import answered
from tests.factories import (
    make_benchmark_version,
    make_checkpoint,
    make_recipe,
    make_user,
    make_variant,
)
from tests.repos import host

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Axe().axe_script
BASELINE = "headwaters/brook"


@pytest.fixture
def change() -> Contribution:
    """Merged and measured beside its baseline: one benchmark won, one lost, one missing at the baseline."""
    baseline = make_checkpoint(make_variant(BASELINE))
    ann, ben, cleo = make_user("ann"), make_user("ben", Role.REVIEWER), make_user("cleo", "admin")
    made, result = merged_change(ann, ben, cleo)
    measure(result, baseline)
    return made


def measure(result: Checkpoint, baseline: Checkpoint) -> None:
    won, lost, alone = (
        make_recipe(make_benchmark_version(slug)) for slug in ("sums", "prose", "maps")
    )
    for recipe, mine, theirs in ((won, 1.0, 0.0), (lost, 0.0, 1.0)):
        answered(result, recipe, [mine] * 30 + [1.0] * 20)
        answered(baseline, recipe, [theirs] * 30 + [1.0] * 20)
    answered(result, alone, [1.0, 0.0] * 10)


def sound(page: Page) -> None:
    """Nothing overflows the window, and axe finds nothing."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_curves_and_report_are_whole_on_every_screen(
    page: Page, change: Contribution, width: int, theme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(change.get_absolute_url())
    expect(page.get_by_role("img", name="Loss 0.098 lower")).to_be_visible()
    assert (
        page.locator(".chart path.line").count() == 4
    )  # two curves, and their marks in the legend
    report = page.locator("#evaluation")
    expect(report).to_contain_text("Better than headwaters/brook on Sums by 60.0")
    expect(report).to_contain_text("Worse than headwaters/brook on Prose by 60.0")
    expect(report).to_contain_text("No counterpart on Maps")
    report.locator("summary", has_text="Take it along").click()
    expect(report.locator("pre")).to_contain_text("| Benchmark | delta/mouth |")
    sound(page)
    page.goto(f"/baselines/{BASELINE}/")
    expect(page.locator("table")).to_contain_text("delta/mouth")
    sound(page)
    assert change.variant is not None
    page.goto(change.variant.get_absolute_url())
    expect(page.get_by_role("img", name="Loss 0.098 lower")).to_be_visible()
    sound(page)


def test_a_curve_is_read_from_a_file_and_a_mistake_in_it_is_told_beside_it(
    page: Page, change: Contribution
) -> None:
    host("delta/arm")
    enter(page.context, change.author)
    page.goto(f"/submit/change-baseline/?baseline={BASELINE}")
    expect(page.locator("#id_baseline")).to_have_value(BASELINE)
    page.locator("#id_changed_curve_file").set_input_files(
        {"name": "loss.csv", "mimeType": "text/csv", "buffer": b"step,loss\n1,5\n2,nan\n"}
    )
    expect(page.locator("#id_changed_curve")).to_have_value("step,loss\n1,5\n2,nan\n")
    expect(page.locator("#id_changed_curve_note")).to_contain_text("Line 3: nan is no finite loss")
    payload = change_payload("delta/arm")
    for name in ("hypothesis", "baseline_curve", "changed_curve"):
        page.fill(f"#id_{name}", payload[name])
    sound(page)
