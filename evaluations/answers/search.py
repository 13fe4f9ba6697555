"""Find words in kept answers: a bounded look at a time, and where to go on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluations.answers import read
from evaluations.answers.convert import GROUP_ROWS

# About a quarter of a second of a local file; a bucket answers a request a group.
MOST_GROUPS = 40
SHORTEST, LONGEST = 2, 200
SEARCHED = ("prompt", "target", "answers")


@dataclass(frozen=True)
class Found:
    """`documents` in order; `searched` is the last document that was looked at, `done` that none is left."""

    documents: list[int]
    searched: int
    done: bool


def find(sha256: str, words: str, among: NDArray[np.uint32], *, most: int) -> Found:
    """Documents of `among` (ascending) whose prompt, target or answers hold `words`, upper or lower
    case, at most `most`. Raises FileNotFoundError, OSError."""
    known = read.footer(sha256)
    wanted: dict[int, list[int]] = {}
    for index in among[: MOST_GROUPS * GROUP_ROWS].tolist():
        group = known.group_of(index * known.seeds)
        if group not in wanted and len(wanted) == MOST_GROUPS:
            break
        wanted.setdefault(group, []).append(index)
    found: list[int] = []
    searched = -1
    for group, indices in wanted.items():
        if len(found) == most:
            break
        hits = _hits(read.read_group(sha256, group, SEARCHED), words)
        first = known.starts[group]
        for index in indices:
            searched = index
            # Several seeds of a document may lie in the next group: the first one's row decides there.
            rows = range(index * known.seeds - first, (index + 1) * known.seeds - first)
            if any(row in hits for row in rows):
                found.append(index)
                if len(found) == most:
                    break
    return Found(found, searched, not len(among) or searched == int(among[-1]))


def _hits(table: Any, words: str) -> set[int]:
    """Rows of the group that hold the words."""
    import pyarrow.compute as pc

    hits: set[int] = set()
    for name in ("prompt", "target"):
        mask = pc.match_substring(table[name], words, ignore_case=True)
        hits.update(pc.indices_nonzero(mask).to_pylist())
    answers = table["answers"].combine_chunks()
    mask = pc.match_substring(pc.list_flatten(answers), words, ignore_case=True)
    hits.update(pc.list_parent_indices(answers).filter(mask).to_pylist())
    return hits
