"""Hostile Markdown, read back with a parser: no tag or attribute outside the list comes through."""

import html.parser
import re

import pytest

from hub.markdown import TAGS, render

HOSTILE = [
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    '![x](x" onerror="alert(1))',
    '![x" onerror="alert(1)](https://example.org/x.png)',
    "![x](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](vbscript:x)",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=a()&gt;">',
    "<iframe srcdoc='<script>1</script>'>",
    "<form action=//evil><button>",
    "<style>@import'//evil'</style>",
    "[a]: javascript:alert(1)\n[a]",
    "<base href=//evil/>",
    "`<script>`",
    "| a |\n|-|\n| <img src=x onerror=1> |",
    "<x hx-get=/logout hx-trigger=load>",
    "<p hx-on:load='alert(1)'>",
    "<div data-hx-get='/api'>",
    "```html onload=x\n<script>\n```",
    '[x](https://example.org "a\\" onclick=\\"b")',
    "<details open ontoggle=alert(1)>",
    "[![x](javascript:alert(1))](javascript:alert(2))",
    "\x00<script\x00>",
]


class Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.bad: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.bad.append(tag)
        for name, value in attrs:
            if name not in {"href", "title", "rel", "class", "start", "tabindex"}:
                self.bad.append((tag, name))
            if name == "href" and not re.match(r"(https?:|mailto:|[\w./#]*$)", value or ""):
                self.bad.append((name, value))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_comes_through(text: str) -> None:
    reader = Reader()
    reader.feed(render(text))
    assert reader.bad == []


def test_what_people_write_comes_through() -> None:
    page = render("# A\n\n*b* **c** ~~d~~ `e`\n\n- f\n\n| g |\n|---|\n| h |\n\n[i](https://x.org)")
    for piece in ("<h3>A</h3>", "<em>b</em>", "<strong>c</strong>", "<s>d</s>", "<td>h</td>"):
        assert piece in page
    assert 'rel="nofollow noopener noreferrer ugc"' in page


def test_a_picture_is_a_link_that_tells_nobody_who_reads() -> None:
    assert "<img" not in render("![alt](https://example.org/a.png)")
    assert ">alt</a>" in render("![alt](https://example.org/a.png)")
    badge = render("[![build](https://example.org/b.svg)](https://example.org/ci)")
    assert badge.count("<a ") == 1
    assert 'href="https://example.org/ci"' in badge
    assert ">build</a>" in badge


def test_deep_nesting_costs_nothing() -> None:
    assert render(">" * 20_000 + "a")
    assert render("[" * 20_000)
