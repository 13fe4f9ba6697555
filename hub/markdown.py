"""Markdown that people wrote, as HTML that a page may show.

Two fences: the renderer passes no HTML through, and an allow-list drops whatever else could carry a
script, a form or an htmx attribute.

What a text names in passing (somebody, a number, an entry) becomes a link where the caller brings a
`Linker`; nothing in code, in a picture or in somebody's own link does.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

MAX_LENGTH = 1024**2
TAGS = {
    *("p", "br", "a", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
# Pictures become links: the page's policy loads none from elsewhere, and a picture tells its host
# who is reading.
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}}
# Long lines of code and wide tables scroll inside themselves; the keyboard must reach them to scroll.
FOCUSABLE = {"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}}
SCHEMES = {"http", "https", "mailto"}


class Linker(Protocol):
    """Knows the words that become links."""

    # In plain text; must take linear time on anything.
    pattern: re.Pattern[str]

    def target(self, found: re.Match[str]) -> tuple[str, str] | None:
        """URL and title of what was found; None: it stays text."""


_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 20}).enable(
    ["table", "strikethrough"]
)


def _picture_as_link(
    _renderer: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    label = nh3.clean_text(tokens[index].content or "picture")
    if sum(token.nesting for token in tokens[:index] if token.tag == "a"):
        return label  # a badge: the link around it is the one that counts
    return f'<a href="{nh3.clean_text(str(tokens[index].attrs.get("src", "")))}">{label}</a>'


def _heading_below_ours(state: StateCore) -> None:
    """A page has one first heading, its own, and what people wrote stands below a second."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"


def _linked_words(state: StateCore) -> None:
    linker: Linker | None = state.env.get("linker")
    if linker is None:
        return
    for block in state.tokens:
        if block.children:
            block.children = list(_with_links(block.children, linker))


def _outside_links(tokens: Iterable[Token]) -> Iterator[tuple[Token, bool]]:
    """Each inline token, and whether it is text that nothing else has made a link of."""
    depth = 0
    for token in tokens:
        depth += token.nesting if token.tag == "a" else 0
        yield token, token.type == "text" and depth == 0


def _with_links(tokens: Iterable[Token], linker: Linker) -> Iterator[Token]:
    for token, is_plain in _outside_links(tokens):
        if is_plain:
            yield from _split(token.content, linker)
        else:
            yield token


def _split(text: str, linker: Linker) -> Iterator[Token]:
    done = 0
    for found in linker.pattern.finditer(text):
        target = linker.target(found)
        if target is None:
            continue
        url, title = target
        yield Token("text", "", 0, content=text[done : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": url, "title": title})
        yield Token("text", "", 0, content=found[0])
        yield Token("link_close", "a", -1)
        done = found.end()
    yield Token("text", "", 0, content=text[done:])


_markdown.add_render_rule("image", _picture_as_link)
_markdown.core.ruler.push("heading_below_ours", _heading_below_ours)
_markdown.core.ruler.push("linked_words", _linked_words)


def plain(text: str) -> Iterator[str]:
    """The pieces of `text` in which a name names something: neither code, nor pictures, nor links."""
    for block in _markdown.parse(_readable(text)):
        for token, is_plain in _outside_links(block.children or ()):
            if is_plain:
                yield token.content


def render(text: str, linker: Linker | None = None) -> SafeString:
    """HTML of `text` (at most 1 MiB of it), safe to put into a page."""
    html = _markdown.render(_readable(text), {"linker": linker})
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        set_tag_attribute_values=FOCUSABLE,
        url_schemes=SCHEMES,
        link_rel="nofollow noopener noreferrer ugc",
    )
    return mark_safe(clean)  # noqa: S308 (allow-listed just above)


def _readable(text: str) -> str:
    return text[:MAX_LENGTH].replace("\x00", "")
