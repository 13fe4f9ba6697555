"""The whole language of a contributed prompt: `{{ field }}` and `{{ field | filter }}`. Stdlib only.

There is nothing to run: no expressions, calls, attributes, loops, conditions or format strings. A
name is looked up in the row's JSON objects and nowhere else; the cost is the size of what comes out.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_TEMPLATE = 20_000
MOST_PLACEHOLDERS = 100
# Characters of one rendered text. Larger prompts fit no model that a worker of ours measures.
LONGEST_TEXT = 64_000
LETTERS = string.ascii_uppercase
NAME = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
PLACEHOLDER = re.compile(
    r"\{\{[ \t]*+(?P<path>" + NAME + r"(?:\." + NAME + r"){0,3})"
    r"(?P<filters>(?:[ \t]*+\|[ \t]*+[a-z]{1,20}){0,4})[ \t]*+\}\}"
)
OTHER_SYNTAX = ("{{", "{%", "{#")


class BadTemplate(ValueError):
    """A template that says more than it may; the message is for its author."""


class BadValue(ValueError):
    """A row that a template cannot be filled with; the message is for its author."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    path: tuple[str, ...]
    filters: tuple[str, ...]

    @property
    def name(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Template:
    """Literal text and placeholders, in turn."""

    parts: tuple[str | Placeholder, ...]

    @property
    def placeholders(self) -> list[Placeholder]:
        return [part for part in self.parts if isinstance(part, Placeholder)]

    def render(self, row: Mapping[str, Any]) -> str:
        """The text of one row. Raises BadValue."""
        texts: list[str] = []
        length = 0
        for part in self.parts:
            text = part if isinstance(part, str) else _text_of(part, row)
            length += len(text)
            if length > LONGEST_TEXT:
                raise BadValue(f"it comes to more than {LONGEST_TEXT:,} characters")
            texts.append(text)
        return "".join(texts)


def parse(source: str) -> Template:
    """Raises BadTemplate. Linear in the length of `source`."""
    if len(source) > LONGEST_TEMPLATE:
        raise BadTemplate(f"Use at most {LONGEST_TEMPLATE:,} characters.")
    parts: list[str | Placeholder] = []
    end = 0
    for found in PLACEHOLDER.finditer(source):
        parts.append(_literal(source[end : found.start()]))
        filters = tuple(name.strip() for name in found["filters"].split("|")[1:])
        if unknown := [name for name in filters if name not in FILTERS]:
            raise BadTemplate(f"There is no filter {unknown[0]}; there are {', '.join(FILTERS)}.")
        parts.append(Placeholder(tuple(found["path"].split(".")), filters))
        end = found.end()
    parts.append(_literal(source[end:]))
    if len(parts) > 2 * MOST_PLACEHOLDERS + 1:
        raise BadTemplate(f"Use at most {MOST_PLACEHOLDERS} placeholders.")
    return Template(tuple(part for part in parts if part != ""))


def look_up(row: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """The value of a field, through objects of the row's JSON. Raises BadValue."""
    value: Any = row
    for step in path:
        if not isinstance(value, dict) or step not in value:
            raise BadValue(f"it has no field {'.'.join(path)}")
        value = value[step]
    return value


def as_text(value: Any, name: str) -> str:
    """Text and numbers as they stand. Raises BadValue for lists, objects, truth values and null."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise BadValue(f"{name} is {_kind(value)}, not text or a number")


def texts_of(value: Any, name: str) -> list[str]:
    """The members of a list as text. Raises BadValue."""
    if not isinstance(value, list):
        raise BadValue(f"{name} is {_kind(value)}, not a list")
    return [as_text(member, name) for member in value]


def _literal(text: str) -> str:
    if strange := next((mark for mark in OTHER_SYNTAX if mark in text), None):
        start = text.index(strange)
        raise BadTemplate(
            f"“{text[start : start + 30]}” is no placeholder. Write {{{{ field }}}} or "
            "{{ field | filter }}; there is nothing else."
        )
    return text


def _text_of(part: Placeholder, row: Mapping[str, Any]) -> str:
    value = look_up(row, part.path)
    for name in part.filters:
        value = FILTERS[name](value, part.name)
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise BadValue(f"it comes to more than {LONGEST_TEXT:,} characters")
    if isinstance(value, list):
        raise BadValue(f"{part.name} is a list: say how, with lettered, numbered, lines or commas")
    return as_text(value, part.name)


def _letter(value: Any, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < len(LETTERS):
        raise BadValue(f"{name} is no position from 0 to {len(LETTERS) - 1}")
    return LETTERS[value]


def _lettered(value: Any, name: str) -> str:
    texts = texts_of(value, name)
    if len(texts) > len(LETTERS):
        raise BadValue(f"{name} has more than {len(LETTERS)} members")
    return "\n".join(f"{letter}. {text}" for letter, text in zip(LETTERS, texts, strict=False))


def _numbered(value: Any, name: str) -> str:
    return "\n".join(f"{n}. {text}" for n, text in enumerate(texts_of(value, name), start=1))


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    kinds = {bool: "true or false", dict: "an object", list: "a list", str: "text"}
    return kinds.get(type(value), "a number")


FILTERS: dict[str, Callable[[Any, str], Any]] = {
    "strip": lambda value, name: as_text(value, name).strip(),
    "upper": lambda value, name: as_text(value, name).upper(),
    "lower": lambda value, name: as_text(value, name).lower(),
    "letter": _letter,
    "lettered": _lettered,
    "numbered": _numbered,
    "lines": lambda value, name: "\n".join(texts_of(value, name)),
    "commas": lambda value, name: ", ".join(texts_of(value, name)),
}
