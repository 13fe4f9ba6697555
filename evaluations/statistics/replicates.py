"""One checkpoint and recipe, measured several times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spread:
    """Of several measurements of one thing. `between` is the standard deviation of their values (None
    for one alone), `within` what each by itself is sure of (root mean square of standard errors; None
    where one has none).

    Runs that sample their answers to the same questions should lie closer together than `within`,
    which also counts which questions were asked; `between` above `within` means that something else
    moved: the machine, the arithmetic, the recipe.
    """

    count: int
    mean: float
    low: float
    high: float
    between: float | None
    within: float | None


def spread_of(values: Sequence[float], stderrs: Sequence[float | None]) -> Spread:
    """Raises ValueError for no values."""
    if not values:
        raise ValueError("nothing was measured")
    known = [error for error in stderrs if error is not None]
    return Spread(
        count=len(values),
        mean=float(np.mean(values)),
        low=min(values),
        high=max(values),
        between=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        within=float(np.sqrt(np.mean(np.square(known)))) if len(known) == len(stderrs) else None,
    )
