"""Where the true value may lie: normal, Wilson's, bootstrapped."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Literal

import numpy as np
from scipy import special

from evaluations.statistics.errors import Floats, cluster_sums

Z95 = 1.959963984540054
DRAWS = 4999
# Numbers held at once while drawing, whatever the number of samples.
BLOCK = 2_000_000


def normal_interval(
    value: float, stderr: float, *, confidence: float = 0.95
) -> tuple[float, float]:
    """`value` ± z standard errors."""
    half = _z(confidence) * stderr
    return value - half, value + half


def wilson_interval(share: float, n: float, *, confidence: float = 0.95) -> tuple[float, float]:
    """Of a proportion of `n` independent samples (Wilson 1927).

    `n` may be the effective number, share (1 - share) / stderr², where samples are not independent.
    """
    z = _z(confidence)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    # Rounding must not push an end past what a proportion can be.
    return max(0.0, centre - half), min(1.0, centre + half)


def bootstrap_interval(
    outcomes: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
    method: Literal["percentile", "bca"] = "bca",
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float]:
    """Of the mean, or with weights of the ratio Σwx / Σw, by drawing samples (or whole clusters) anew.

    "bca" corrects for bias and skew (Efron 1987). The same answer each time for one input; memory does
    not grow with `draws`. Raises ValueError for nothing to draw from.
    """
    if len(outcomes) == 0:
        raise ValueError("there is nothing to draw from")
    sizes = np.ones(len(outcomes)) if weights is None else np.asarray(weights, dtype=np.float64)
    sums: Floats = np.asarray(outcomes, dtype=np.float64) * sizes
    if clusters is not None:
        sums, sizes = cluster_sums(sums, clusters), cluster_sums(sizes, clusters)
    drawn = np.concatenate(list(_draw(sums, sizes, draws, seed)))
    ends = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    if method == "bca":
        ends = _corrected(ends, drawn, sums, sizes)
    low, high = np.quantile(drawn, ends)
    return float(low), float(high)


def _draw(sums: Floats, sizes: Floats, draws: int, seed: int) -> Iterator[Floats]:
    generator = np.random.default_rng(seed)
    block = max(1, BLOCK // len(sums))
    for start in range(0, draws, block):
        shape = (min(block, draws - start), len(sums))
        chosen = generator.integers(0, len(sums), size=shape)
        yield sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)


def _corrected(ends: Floats, drawn: Floats, sums: Floats, sizes: Floats) -> Floats:
    """The quantiles to read instead. Where all draws agree there is nothing to correct."""
    value = sums.sum() / sizes.sum()
    share = ((drawn < value).mean() + (drawn <= value).mean()) / 2
    if len(sums) < 2 or not 0 < share < 1:
        return ends
    without = (sums.sum() - sums) / (sizes.sum() - sizes)
    away = without.mean() - without
    scale = float(np.sum(away**2)) ** 1.5
    if scale == 0:
        return ends
    skew, bias = float(np.sum(away**3)) / (6 * scale), float(special.ndtri(share))
    moved = bias + special.ndtri(ends)
    corrected: Floats = special.ndtr(bias + moved / (1 - skew * moved))
    return corrected


def _z(confidence: float) -> float:
    return float(special.ndtri(0.5 + confidence / 2))
