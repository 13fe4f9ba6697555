"""Two checkpoints: on the same samples, or each on its own."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from evaluations.statistics.errors import Floats, cluster_sums, clustered_error
from evaluations.statistics.intervals import BLOCK, normal_interval

SIGN_FLIPS = 9999


@dataclass(frozen=True)
class Difference:
    """Child minus parent on the same samples: mean, its standard error, 95 % interval, two-sided p.

    `clusters` is how many clusters the error and the test are over; None where samples stand alone.
    """

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
    clusters: int | None = None

    @property
    def sure(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def paired_difference(
    child: Sequence[float],
    parent: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
) -> Difference:
    """Child minus parent, sample by sample; of weighted means where there are weights.

    Samples of one cluster share their luck, so the error is clustered and the test flips whole
    clusters. Raises ValueError unless both answered the same samples.
    """
    if len(child) != len(parent) or len(child) == 0:
        raise ValueError("both sides need the same samples, and at least one")
    gaps = np.asarray(child, dtype=np.float64) - np.asarray(parent, dtype=np.float64)
    delta = float(np.average(gaps, weights=weights))
    stderr = clustered_error(gaps.tolist(), clusters, weights)
    low, high = normal_interval(delta, stderr or 0.0)
    count = None if clusters is None else len(set(clusters))
    binary = weights is None and bool(np.isin([*child, *parent], (0.0, 1.0)).all())
    if binary and count is None:
        test, p_value = "McNemar, exact", mcnemar(child, parent)
    else:
        test = "sign-flip" if count is None else "sign-flip by cluster"
        p_value = sign_flip(gaps if weights is None else gaps * weights, clusters=clusters)
    higher, lower = int((gaps > 0).sum()), int((gaps < 0).sum())
    return Difference(delta, stderr, low, high, len(gaps), p_value, test, higher, lower, count)


def independent_difference(
    child: float, child_stderr: float, parent: float, parent_stderr: float
) -> tuple[float, float, float]:
    """Child minus parent where nothing pairs them: difference, its standard error, two-sided normal p."""
    delta, stderr = child - parent, float(np.hypot(child_stderr, parent_stderr))
    if stderr == 0:
        return delta, stderr, 1.0 if delta == 0 else 0.0
    return delta, stderr, float(2 * special.ndtr(-abs(delta) / stderr))


def mcnemar(child: Sequence[float], parent: Sequence[float]) -> float:
    """Two-sided exact p: are the samples that only one got right split like coin throws?"""
    gaps = np.asarray(child) - np.asarray(parent)
    won, lost = int((gaps > 0).sum()), int((gaps < 0).sum())
    if won + lost == 0:
        return 1.0
    return min(1.0, 2 * float(special.bdtr(min(won, lost), won + lost, 0.5)))


def sign_flip(
    gaps: Floats,
    *,
    clusters: Sequence[Hashable] | None = None,
    flips: int = SIGN_FLIPS,
    seed: int = 0,
) -> float:
    """Two-sided p of a mean of zero under random signs, one for each cluster; the same answer each
    time for one input."""
    units = gaps if clusters is None else cluster_sums(gaps, clusters)
    observed = abs(float(units.sum()))
    generator = np.random.default_rng(seed)
    reached = 0
    # In blocks: 9,999 flips of 100,000 samples at once would be 8 GB.
    block = max(1, BLOCK // max(1, len(units)))
    for start in range(0, flips, block):
        count = min(block, flips - start)
        signs = generator.integers(0, 2, size=(count, len(units)), dtype=np.int8) * 2 - 1
        reached += int((np.abs(signs @ units) >= observed - 1e-12).sum())
    return (reached + 1) / (flips + 1)
