"""What changed in a card, line by line. No Django."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

CONTEXT = 3
# difflib compares every line with every other: beyond this a page would wait for it.
MOST_LINES = 2000


@dataclass(frozen=True)
class DiffLine:
    """`kind` is empty for a line that stayed; `old` and `new` are line numbers, 0 where it has none."""

    kind: Literal["hunk", "del", "add", ""]
    old: int
    new: int
    text: str


def card_diff(before: str, after: str) -> list[DiffLine]:
    """Empty when nothing changed."""
    if before == after:
        return []
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > MOST_LINES:
        text = f"{len(old):,} lines became {len(new):,}: too many to compare here."
        return [DiffLine("hunk", 0, 0, text)]
    return list(_lines(old, new))


def _lines(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    matcher = difflib.SequenceMatcher(None, old, new)
    for group in matcher.get_grouped_opcodes(CONTEXT):
        yield DiffLine("hunk", 0, 0, f"Line {group[0][3] + 1}")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                for offset, text in enumerate(old[i1:i2], start=1):
                    yield DiffLine("", i1 + offset, j1 + offset, text)
                continue
            for offset, text in enumerate(old[i1:i2], start=1):
                yield DiffLine("del", i1 + offset, 0, text)
            for offset, text in enumerate(new[j1:j2], start=1):
                yield DiffLine("add", 0, j1 + offset, text)
