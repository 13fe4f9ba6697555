"""Three versions of one thing: what an edit started from, what it wants, what is there by now. No Django."""

import difflib
from collections.abc import Mapping
from typing import Any


class Conflict(Exception):
    """Both sides changed the same, and differ."""


def merge_values(base: Any, mine: Any, theirs: Any) -> Any:
    """The value that changed, if only one side changed it. Raises Conflict."""
    if mine == theirs or theirs == base:
        return mine
    if mine == base:
        return theirs
    raise Conflict


def merge_sets(base: list[str], mine: list[str], theirs: list[str]) -> list[str]:
    """What either side took away is gone, what either added is there; `theirs` gives the order."""
    gone = {word for word in base if word not in mine}
    kept = [word for word in theirs if word not in gone]
    return kept + [word for word in mine if word not in base and word not in kept]


def merge_mappings(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> list[Any]:
    """The values under all keys, each merged by itself; a key that one side dropped is gone."""
    keys = [*theirs, *(key for key in mine if key not in theirs)]
    merged = (merge_values(base.get(key), mine.get(key), theirs.get(key)) for key in keys)
    return [value for value in merged if value is not None]


def merge_lines(base: str, mine: str, theirs: str) -> str:
    """Text whose changed lines do not touch. Raises Conflict where they do."""
    try:
        return str(merge_values(base, mine, theirs))
    except Conflict:
        lines = base.splitlines(keepends=True)
        ours = _hunks(lines, mine.splitlines(keepends=True))
        others = _hunks(lines, theirs.splitlines(keepends=True))
    for start, end, text in ours:
        for begin, stop, other in others:
            same = (start, end, text) == (begin, stop, other)
            # Insertions at one place touch too: nobody knows which comes first.
            if not same and start <= stop and begin <= end:
                raise Conflict
    merged = list(lines)
    hunks = {(start, end): text for start, end, text in [*ours, *others]}
    for (start, end), text in sorted(hunks.items(), reverse=True):
        merged[start:end] = text
    return "".join(merged)


Hunk = tuple[int, int, list[str]]


def _hunks(base: list[str], other: list[str]) -> list[Hunk]:
    """(start, end, lines): what stands in `other` for base[start:end]."""
    opcodes = difflib.SequenceMatcher(None, base, other, autojunk=False).get_opcodes()
    return [(i1, i2, other[j1:j2]) for tag, i1, i2, j1, j2 in opcodes if tag != "equal"]
