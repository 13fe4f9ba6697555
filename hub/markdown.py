"""Markdown that people wrote, as HTML that a page may show.

Two fences: the renderer passes no HTML through, and an allow-list drops whatever else could carry a
script, a form or an htmx attribute.
"""

from collections.abc import Sequence

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


_markdown.add_render_rule("image", _picture_as_link)
_markdown.core.ruler.push("heading_below_ours", _heading_below_ours)


def render(text: str) -> SafeString:
    """HTML of `text` (at most 1 MiB of it), safe to put into a page."""
    html = _markdown.render(text[:MAX_LENGTH].replace("\x00", ""))
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        set_tag_attribute_values=FOCUSABLE,
        url_schemes=SCHEMES,
        link_rel="nofollow noopener noreferrer ugc",
    )
    return mark_safe(clean)  # noqa: S308 (allow-listed just above)
