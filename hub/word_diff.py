"""What changed in a text, word by word. No Django."""

import difflib
import re

# difflib compares everything with everything: beyond this a page would wait for it.
MOST_WORDS = 2000
WORDS = re.compile(r"\s+|\w+|[^\w\s]")

# [kind, text]; the kind is "del", "add", or empty for what stayed.
Piece = list[str]


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in reading order; neighbours of one kind are one piece."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        return [piece for piece in (["del", before], ["add", after]) if piece[1]]
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in matcher(old, new).get_opcodes():
        if tag == "equal":
            _add(pieces, "", old[i1:i2])
            continue
        _add(pieces, "del", old[i1:i2])
        _add(pieces, "add", new[j1:j2])
    return pieces


def matcher(old: list[str], new: list[str]) -> "difflib.SequenceMatcher[str]":
    return difflib.SequenceMatcher(None, old, new, autojunk=False)


def _add(pieces: list[Piece], kind: str, words: list[str]) -> None:
    if words:
        pieces.append([kind, "".join(words)])
