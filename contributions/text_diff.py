"""What changed in a text, line by line. No Django."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from hub.word_diff import Piece, matcher, word_diff

CONTEXT = 3
# difflib compares everything with everything: beyond this a page would wait for it.
MOST_LINES = 2000
# Lines less alike than this are another line, not a changed one: their words are not compared.
ALIKE = 0.5


@dataclass(frozen=True)
class DiffLine:
    """`kind` is empty for a line that stayed; `old` and `new` are line numbers, 0 where it has none.

    `words` are the pieces of `text`: in a changed line, those that changed are marked.
    """

    kind: Literal["hunk", "del", "add", ""]
    old: int
    new: int
    text: str
    words: tuple[Piece, ...] = ()


def line_diff(before: str, after: str) -> list[DiffLine]:
    """Changed lines with three around them; empty when nothing changed."""
    if before == after:
        return []
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > MOST_LINES:
        text = f"{len(old):,} lines became {len(new):,}: too many to compare here."
        return [DiffLine("hunk", 0, 0, text)]
    return list(_lines(old, new))


def _lines(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    for group in matcher(old, new).get_grouped_opcodes(CONTEXT):
        yield DiffLine("hunk", 0, 0, f"Line {group[0][3] + 1}")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                for offset, text in enumerate(old[i1:i2], start=1):
                    yield DiffLine("", i1 + offset, j1 + offset, text)
                continue
            gone = [DiffLine("del", i1 + n, 0, text) for n, text in enumerate(old[i1:i2], 1)]
            came = [DiffLine("add", 0, j1 + n, text) for n, text in enumerate(new[j1:j2], 1)]
            yield from _with_words(gone, came)


def _with_words(gone: list[DiffLine], came: list[DiffLine]) -> Iterator[DiffLine]:
    """A block that replaces one of as many lines: line by line, with the words that changed."""
    if len(gone) == len(came):
        for number, (old, new) in enumerate(zip(gone, came, strict=True)):
            if difflib.SequenceMatcher(None, old.text, new.text).quick_ratio() < ALIKE:
                continue
            pieces = word_diff(old.text, new.text)
            gone[number] = replace(old, words=tuple(p for p in pieces if p[0] != "add"))
            came[number] = replace(new, words=tuple(p for p in pieces if p[0] != "del"))
    yield from gone
    yield from came
