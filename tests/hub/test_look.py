"""The shared pieces of every page, and the rules that no page may break."""

import gzip
import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "img/icons.svg").read_text()))

# What the content security policy would block: it would look right here and be dead in a browser.
FORBIDDEN = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*="),
    "inline event handler": re.compile(r"<[^>]*\son[a-z]+\s*=|hx-on[:a-z-]*\s*="),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/(ld\+)?json)[^>]*>"),
    "inline stylesheet": re.compile(r"<style\b"),
    "other host": re.compile(r"<(script|link|img)[^>]*(src|href)=\"(https?:)?//"),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_holds_what_the_content_security_policy_blocks(path: Path) -> None:
    text = path.read_text()
    assert [name for name, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    named = re.compile(r'"(?:\./)?_icon\.html" with name="([^"]+)"|(?<!-)icon="([a-z0-9-]+)"')
    used = {a or b for path in TEMPLATES for a, b in named.findall(path.read_text())}
    assert used - SPRITE == set()
    assert len(used) > 20


def test_every_vendored_library_has_a_licence_and_a_line_saying_why() -> None:
    readme = (STATIC / "vendor/README.md").read_text().lower()
    folders = [path for path in (STATIC / "vendor").iterdir() if path.is_dir()]
    assert len(folders) >= 3
    for folder in folders:
        name, _, version = folder.name.rpartition("-")
        assert (folder / "LICENSE").is_file()
        assert name in readme
        assert version in readme


def test_what_a_first_visit_loads_leaves_a_board_room_under_100_kilobytes() -> None:
    texts = [*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js"), *STATIC.glob("img/*.svg")]
    texts += STATIC.glob("vendor/htmx-*/htmx.min.js")
    fonts = list(STATIC.glob("vendor/*/*.woff2"))
    size = sum(len(gzip.compress(path.read_bytes())) for path in texts)
    size += sum(path.stat().st_size for path in fonts)
    assert size < 70_000


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("queued", "Queued"),
        ("running", "Running"),
        ("failed", "Failed"),
        ("changes_requested", "Changes requested"),
        ("merged", "Merged"),
        ("not_comparable", "Not comparable"),
        ("a_state_nobody_drew", "A_state_nobody_drew"),
    ],
)
def test_a_badge_says_its_state_in_an_icon_and_a_word(state: str, word: str) -> None:
    html = render_to_string("_badge.html", {"state": state})
    assert "<svg" in html
    assert f"<span>{word}</span>" in html


def test_a_score_that_is_absent_says_so_instead_of_showing_nothing_or_zero() -> None:
    assert ">not measured<" in render_to_string("_score.html", {"value": None})
    assert ">running<" in render_to_string("_score.html", {"value": None, "absent": "running"})


def test_a_score_shows_one_precision_its_uncertainty_and_its_interval_in_the_columns_units() -> (
    None
):
    context = {"value": 71.44, "stderr": 1.06, "low": 69.3, "high": 73.5, "url": "/runs/7/"}
    html = render_to_string("_score.html", context)
    assert '<a href="/runs/7/">71.4</a>' in html
    assert "±1.1" in html
    assert 'viewBox="0 0 100 12"' in html
    assert 'd="M69.3 6H73.5"' in html


def test_a_score_may_be_shown_without_decimals_and_a_zero_is_a_number() -> None:
    assert "<span>0</span>" in render_to_string("_score.html", {"value": 0, "places": "0"})


@pytest.mark.parametrize(
    ("context", "text", "tone"),
    [
        ({"value": 2.34, "sure": True}, "+2.3", "delta up"),
        ({"value": -2.34, "sure": True}, "\N{MINUS SIGN}2.3", "delta down"),
        ({"value": -2.34, "sure": True, "lower_is_better": True}, "\N{MINUS SIGN}2.3", "delta up"),
        ({"value": 2.34}, "+2.3", "delta"),
        ({"value": 0.0, "sure": True}, "0.0", "delta"),
    ],
)
def test_a_difference_carries_its_sign_and_colours_only_what_is_sure(
    context: dict[str, object], text: str, tone: str
) -> None:
    html = render_to_string("_delta.html", context)
    assert f'class="{tone}"' in html
    assert f">{text}</span>" in html
