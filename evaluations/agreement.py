"""Whether a number that was measured again is the number that is known. No Django."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# How many standard errors of the difference two honest measurements may lie apart.
WIDTH = 2.0
# For metrics without a standard error: as a share of the value.
CLOSE = 1e-6


@dataclass(frozen=True)
class Measured:
    """One measurement: its value, and what each document came to (both empty where nobody kept it)."""

    value: float
    stderr: float | None
    outcomes: Sequence[float]
    documents: Sequence[str]


def changed(known: Measured, again: Measured) -> int:
    """Of the documents in both: how many came out differently."""
    if list(known.documents) == list(again.documents):
        return sum(a != b for a, b in zip(known.outcomes, again.outcomes, strict=True))
    before = dict(zip(known.documents, known.outcomes, strict=True))
    after = dict(zip(again.documents, again.outcomes, strict=True))
    return sum(before[name] != after[name] for name in before.keys() & after.keys())


def agrees(known: Measured, again: Measured) -> bool:
    """The same answers to the same documents, or values within two standard errors of each other."""
    same = bool(known.documents) and list(known.documents) == list(again.documents)
    if same and list(known.outcomes) == list(again.outcomes):
        return True
    apart = abs(known.value - again.value)
    if known.stderr is None or again.stderr is None:
        return apart <= CLOSE * max(abs(known.value), abs(again.value))
    return apart <= WIDTH * math.hypot(known.stderr, again.stderr)
