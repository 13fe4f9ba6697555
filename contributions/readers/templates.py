"""What a chat template could do to whoever renders it. It is read as text and never rendered here."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 128 * 1024
# The sandbox that loaders render in stops most of these; no template of a model needs any.
ESCAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"__\w+__"), "it reaches for Python's insides ({})"),
    (re.compile(r"\|\s*attr\b"), "it reads attributes by computed names (|attr)"),
    (re.compile(r"{%-?\s*(?:include|import|from|extends)\b"), "it loads other templates ({})"),
    (
        re.compile(r"\b(?:lipsum|cycler|joiner|get_flashed_messages|url_for)\b"),
        "it uses {}, the usual way out of a sandbox",
    ),
)
# A loop that doubles is bounded by nothing; a number this large is a loop or a text.
HUGE = re.compile(r"\d{6,}|\d\s*\*\*|\*\*\s*\d")


def templates_of(tokenizer_config: Mapping[str, Any] | None) -> Iterator[str]:
    """A text, or a list of named texts: tokenizer_config.json has both."""
    stated = (tokenizer_config or {}).get("chat_template")
    for one in stated if isinstance(stated, list) else [stated]:
        text = one.get("template") if isinstance(one, dict) else one
        if isinstance(text, str):
            yield text


def problems(template: str) -> Iterator[str]:
    """Sentences' ends, after "The chat template: "."""
    if len(template) > LONGEST:
        yield f"it is {len(template):,} characters long; {LONGEST:,} are allowed"
        return
    code = " ".join(re.findall(r"{[{%].*?[%}]}", template, re.DOTALL))
    for pattern, words in ESCAPES:
        if match := pattern.search(code):
            yield words.format(match[0].strip("{%- "))
    if match := HUGE.search(code):
        yield f"it computes with {match[0].strip()}: rendering it may take all memory"
