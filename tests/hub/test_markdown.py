"""Hostile Markdown, read back with a parser: no tag or attribute outside the list comes through."""

import html.parser
import re

import pytest

from hub.markdown import TAGS, plain, render

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


HUGE = [
    "a" * 60_000,
    "a/" * 30_000,
    "[x](" * 15_000,
    "`" * 30_000,
    "`a/b` " * 10_000,
    "@a" * 30_000,
    "# " * 20_000,
    "run " * 15_000,
    "| a " * 15_000 + "\n|" + "-|" * 15_000,
    "![" * 20_000,
    "\\" * 40_000,
    "<" * 40_000,
    "&" * 40_000,
    "~" * 40_000,
]


class Words:
    """Makes a link of every word; its own URLs are hostile too."""

    pattern = re.compile(r"[a-z]+")

    def target(self, found: re.Match[str]) -> tuple[str, str] | None:
        urls = {"alert": "javascript:alert(1)", "img": "data:text/html,x"}
        return urls.get(found[0], f"/words/{found[0]}/"), f'"><b onclick=x>{found[0]}'


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


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_comes_through_where_words_become_links(text: str) -> None:
    reader = Reader()
    reader.feed(render(text, Words()))
    assert reader.bad == []


@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:6])
def test_the_longest_comment_is_rendered_whatever_it_repeats(text: str) -> None:
    """Anything worse than linear would take minutes here."""
    reader = Reader()
    reader.feed(render(text, Words()))
    assert reader.bad == []
    assert sum(len(piece) for piece in plain(text)) <= len(text)


def test_words_become_links_but_in_code_links_and_pictures() -> None:
    page = render("one `two` [three](/x) ![four](/y) *five*\n\n```\nsix\n```\n\n    seven", Words())
    linked = re.findall(r'href="/words/(\w+)/"', page)
    assert linked == ["one", "five"]
    assert list(plain("one `two` [three](/x) ![four](/y) *five*")) == [
        "one ",
        " ",
        " ",
        " ",
        "five",
    ]


def test_a_word_without_a_target_stays_text() -> None:
    class Nothing(Words):
        def target(self, found: re.Match[str]) -> None:
            return None

    assert render("one two", Nothing()) == render("one two")


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
