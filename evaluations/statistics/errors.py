"""Standard errors of means and of ratios, over samples or over clusters of them."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def standard_error(
    outcomes: Sequence[float], weights: Sequence[float] | None = None
) -> float | None:
    """Of the mean, with the sample variance (n - 1); with weights of the ratio Σwx / Σw, linearised
    (delta method). None for fewer than two samples."""
    return clustered_error(outcomes, None, weights)


def clustered_error(
    outcomes: Sequence[float],
    clusters: Sequence[Hashable] | None,
    weights: Sequence[float] | None = None,
) -> float | None:
    """Standard error of the (weighted) mean when samples of one cluster go together: questions on one
    passage, or answers to one question. None for fewer than two clusters.

    What of a cluster lies above or below the mean is added up before it is squared, with the factor
    G / (G - 1) (CR1): clusters of one give `standard_error`, and k answers to each of n questions give
    the error of the n means.
    """
    residuals = _residuals(outcomes, weights)
    sums = residuals if clusters is None else cluster_sums(residuals, clusters)
    if len(sums) < 2:
        return None
    return float(np.sqrt(len(sums) / (len(sums) - 1) * np.sum(sums**2)) / len(residuals))


def cluster_sums(values: Floats, clusters: Sequence[Hashable]) -> Floats:
    """Values added up by cluster, in the order in which clusters first appear."""
    if len(values) != len(clusters):
        raise ValueError("every sample needs its cluster")
    numbers: dict[Hashable, int] = {}
    at = [numbers.setdefault(name, len(numbers)) for name in clusters]
    summed = np.bincount(np.asarray(at, dtype=np.intp), weights=values, minlength=len(numbers))
    return summed.astype(np.float64)


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


def _residuals(outcomes: Sequence[float], weights: Sequence[float] | None) -> Floats:
    """What each sample adds to the (weighted) mean's deviation, so that their mean is 0."""
    values = np.asarray(outcomes, dtype=np.float64)
    if weights is None:
        return values - (values.mean() if len(values) else 0.0)
    sizes = np.asarray(weights, dtype=np.float64)
    if len(sizes) != len(values):
        raise ValueError("every sample needs its weight")
    centre = float(np.average(values, weights=sizes))
    residuals: Floats = sizes / sizes.mean() * (values - centre)
    return residuals
