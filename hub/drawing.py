"""What charts drawn on the server have in common: a scale, and round numbers along it. No Django."""

import math
from collections.abc import Callable

Scale = Callable[[float], float]


def scale(start: float, end: float, left: float, right: float) -> Scale:
    """From a value to its place: `start` lies at `left`, `end` at `right`."""
    span = (end - start) or 1
    return lambda value: left + (value - start) * (right - left) / span


def round_steps(low: float, high: float) -> list[float]:
    """Four to six round numbers inside the range."""
    rough = ((high - low) or 1) / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    first = math.ceil(low / step)
    return [round(step * i, 10) for i in range(first, math.floor(high / step) + 1)] or [low]
