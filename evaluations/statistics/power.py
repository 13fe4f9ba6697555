"""What a benchmark of n samples can tell apart, before anybody pays for a run.

`spread` is the standard deviation of what one sample adds to the difference of two models, in the
unit of the metric. All by the normal approximation, two-sided (Miller 2024, section 5).
"""

import math

from scipy import special


def spread_of_difference(first: float, second: float, *, correlation: float = 0.0) -> float:
    """Of one sample's difference, from the spread of each model's outcomes.

    `correlation` is 0 where the two answer other samples; on the same samples it is what pairing wins.
    """
    variance = first**2 + second**2 - 2 * correlation * first * second
    return math.sqrt(max(0.0, variance))


def minimum_detectable_difference(
    n: int, spread: float, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The smallest true difference that a test at `alpha` finds with probability `power`."""
    return _reach(power, alpha) * spread / math.sqrt(n)


def required_n(difference: float, spread: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """The fewest samples that find a true difference of this size. Raises ValueError for none."""
    if difference == 0:
        raise ValueError("no number of samples finds a difference of nothing")
    return max(1, math.ceil((_reach(power, alpha) * spread / difference) ** 2))


def _reach(power: float, alpha: float) -> float:
    """In standard errors: from the edge of what chance explains to where `power` lies beyond it."""
    return float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
