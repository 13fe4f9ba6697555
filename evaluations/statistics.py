"""How sure a number is: standard errors, intervals, paired differences, rank intervals. No Django.

Outcomes are one number a sample in document order (0 or 1 for accuracies). Standard errors are in the
unit of the value. Choices, with their sources: normal intervals for means of many samples, Wilson's
for proportions (it stays inside 0 and 1 and does not vanish at 0 of n), McNemar's exact test for
paired 0/1 outcomes, a sign-flip test for any other paired outcomes, and for ranks the count of those
whose interval lies wholly above (as LMArena does): what the eye reads off the bars.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Z95 = 1.959963984540054
SIGN_FLIPS = 9999
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Child minus parent on the same samples: mean, its standard error, 95 % interval, two-sided p."""

    delta: float
    stderr: float | None
    low: float
    high: float
    n: int
    p_value: float
    test: str
    # Samples on which the child's outcome is higher, and lower, than the parent's.
    higher: int
    lower: int

    @property
    def sure(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def standard_error(outcomes: Sequence[float]) -> float | None:
    """Of the mean, with the sample variance (n - 1); None for fewer than two samples."""
    if len(outcomes) < 2:
        return None
    return float(np.std(outcomes, ddof=1) / np.sqrt(len(outcomes)))


def weighted_average(
    values: Sequence[float], stderrs: Sequence[float | None], weights: Sequence[float]
) -> tuple[float, float | None]:
    """Weighted mean and its standard error, the benchmarks taken as independent.

    None for the error where a column that counts has none: an unknown is not a zero.
    Raises ValueError without a positive weight.
    """
    total = float(sum(weights))
    if total <= 0:
        raise ValueError("weights must add up to more than nothing")
    shares = [weight / total for weight in weights]
    mean = sum(share * value for share, value in zip(shares, values, strict=True))
    counted = [(s, e) for s, e in zip(shares, stderrs, strict=True) if s > 0]
    if any(error is None for _, error in counted):
        return mean, None
    return mean, float(np.sqrt(sum((s * (e or 0.0)) ** 2 for s, e in counted)))


def normal_interval(
    value: float, stderr: float, *, confidence: float = 0.95
) -> tuple[float, float]:
    """`value` ± z standard errors."""
    half = float(special.ndtri(0.5 + confidence / 2)) * stderr
    return value - half, value + half


def paired_difference(child: Sequence[float], parent: Sequence[float]) -> Difference:
    """Child minus parent, sample by sample. Raises ValueError unless both answered the same samples."""
    if len(child) != len(parent) or len(child) == 0:
        raise ValueError("both sides need the same samples, and at least one")
    gaps = np.asarray(child, dtype=np.float64) - np.asarray(parent, dtype=np.float64)
    delta, stderr = float(gaps.mean()), standard_error(gaps.tolist())
    low, high = normal_interval(delta, stderr or 0.0)
    binary = bool(np.isin([*child, *parent], (0.0, 1.0)).all())
    p_value = mcnemar(child, parent) if binary else sign_flip(gaps)
    test = "McNemar, exact" if binary else "sign-flip"
    higher, lower = int((gaps > 0).sum()), int((gaps < 0).sum())
    return Difference(delta, stderr, low, high, len(gaps), p_value, test, higher, lower)


def independent_difference(
    child: float, child_stderr: float, parent: float, parent_stderr: float
) -> tuple[float, float, float]:
    """Child minus parent where nothing pairs them: difference, its standard error, two-sided normal p."""
    delta, stderr = child - parent, float(np.hypot(child_stderr, parent_stderr))
    if stderr == 0:
        return delta, stderr, 1.0 if delta == 0 else 0.0
    return delta, stderr, float(2 * special.ndtr(-abs(delta) / stderr))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted for how many were asked at once, in the order given (Holm 1979).

    Rejecting those below 0.05 keeps the chance of any false alarm in the whole family below 0.05,
    whatever the questions have to do with each other.
    """
    adjusted = [0.0] * len(p_values)
    worst = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = worst
    return adjusted


def mcnemar(child: Sequence[float], parent: Sequence[float]) -> float:
    """Two-sided exact p: are the samples that only one got right split like coin throws?"""
    gaps = np.asarray(child) - np.asarray(parent)
    won, lost = int((gaps > 0).sum()), int((gaps < 0).sum())
    if won + lost == 0:
        return 1.0
    # special, not stats: the web process imports this, and stats alone costs a second and 50 MB.
    return min(1.0, 2 * float(special.bdtr(min(won, lost), won + lost, 0.5)))


def sign_flip(gaps: Floats, *, flips: int = SIGN_FLIPS, seed: int = 0) -> float:
    """Two-sided p of a mean of zero under random signs; the same answer each time for one input."""
    observed = abs(float(gaps.sum()))
    generator = np.random.default_rng(seed)
    reached = 0
    # In blocks: 9,999 flips of 100,000 samples at once would be 8 GB.
    block = max(1, 2_000_000 // max(1, len(gaps)))
    for start in range(0, flips, block):
        count = min(block, flips - start)
        signs = generator.integers(0, 2, size=(count, len(gaps)), dtype=np.int8) * 2 - 1
        reached += int((np.abs(signs @ gaps) >= observed - 1e-12).sum())
    return (reached + 1) / (flips + 1)


def rank_intervals(
    averages: Sequence[float], stderrs: Sequence[float], *, z: float = Z95
) -> list[tuple[int, int]]:
    """Best and worst rank each may hold: only disjoint intervals `average ± z stderr` settle an order.

    Costs n log n. actions/rank.py says the same in SQL; a test holds the two together.
    """
    mean: NDArray[Any] = np.asarray(averages, dtype=np.float64)
    half = z * np.asarray(stderrs, dtype=np.float64)
    lows, highs = np.sort(mean - half), np.sort(mean + half)
    surely_better = len(mean) - np.searchsorted(lows, mean + half, side="right")
    surely_worse = np.searchsorted(highs, mean - half, side="left")
    worst = len(mean) - surely_worse
    return [(int(b) + 1, int(w)) for b, w in zip(surely_better, worst, strict=True)]
