"""Many questions at once."""

from collections.abc import Sequence


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
