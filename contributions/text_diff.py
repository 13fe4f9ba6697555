"""What changed in a text, word by word and line by line. No Django."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

CONTEXT = 3
# difflib compares everything with everything: beyond this a page would wait for it.
MOST_LINES = 2000
MOST_WORDS = 2000
# Lines less alike than this are another line, not a changed one: their words are not compared.
ALIKE = 0.5
WORDS = re.compile(r"\s+|\w+|[^\w\s]")

# [kind, text]; the kind is "del", "add", or empty for what stayed.
Piece = list[str]


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


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in reading order; neighbours of one kind are one piece."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        return [piece for piece in (["del", before], ["add", after]) if piece[1]]
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in _matcher(old, new).get_opcodes():
        if tag == "equal":
            _add(pieces, "", old[i1:i2])
            continue
        _add(pieces, "del", old[i1:i2])
        _add(pieces, "add", new[j1:j2])
    return pieces


def line_diff(before: str, after: str) -> list[DiffLine]:
    """Changed lines with three around them; empty when nothing changed."""
    if before == after:
        return []
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > MOST_LINES:
        text = f"{len(old):,} lines became {len(new):,}: too many to compare here."
        return [DiffLine("hunk", 0, 0, text)]
    return list(_lines(old, new))


def _matcher(old: list[str], new: list[str]) -> "difflib.SequenceMatcher[str]":
    return difflib.SequenceMatcher(None, old, new, autojunk=False)


def _add(pieces: list[Piece], kind: str, words: list[str]) -> None:
    if words:
        pieces.append([kind, "".join(words)])


def _lines(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    for group in _matcher(old, new).get_grouped_opcodes(CONTEXT):
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
