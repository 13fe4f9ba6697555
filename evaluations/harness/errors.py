"""The standard error of what a harness measured, and how it came about."""

from collections.abc import Sequence

from evaluations import statistics

SAMPLE, CLUSTERED, RATIO = "sample", "clustered", "ratio"
BOOTSTRAP, HARNESS = "bootstrap", "harness"


def error_of(
    outcomes: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    clusters: Sequence[str] | None = None,
    stated: float | None = None,
) -> tuple[float | None, str]:
    """Of the (weighted) mean of the outcomes, one number a document, repeats and seeds averaged before:
    a document that was answered k times counts once. The second is one of the names above.

    Clusters count where there are any. `stated` is the harness's own: for a metric without outcomes
    (of a whole corpus) it is a bootstrap, and all there is; beside plain outcomes it stands only
    where the metric is no mean of them.
    """
    if not outcomes:
        return stated, BOOTSTRAP if stated is not None else HARNESS
    if clusters is not None:
        return statistics.clustered_error(outcomes, clusters, weights), CLUSTERED
    if weights is not None:
        return statistics.standard_error(outcomes, weights), RATIO
    if stated is not None:
        return stated, HARNESS
    return statistics.standard_error(outcomes), SAMPLE
