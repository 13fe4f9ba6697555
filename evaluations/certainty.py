"""How sure one score is: its interval, and in words where its ± comes from."""

from django.core.cache import cache

from evaluations.models import BenchmarkVersion, Samples, Score
from evaluations.statistics import bootstrap_interval, normal_interval, wilson_interval

KEPT_SECONDS = 30 * 86_400
# Enough for the second digit of an interval's ends; a third of a second for 14,000 samples.
DRAWS = 1999
CLOSE = 1e-6

Interval = tuple[float, float]


def interval_of(score: Score, version: BenchmarkVersion) -> Interval | None:
    """95 %, in the metric's unit; None without a standard error.

    Of proportions Wilson's, over as many samples as independent ones would have this error: near 0
    and 1 a normal interval would promise too much.
    """
    if score.stderr is None:
        return None
    share = version.unit == "proportion" and 0 <= score.value <= 1
    if not share:
        return normal_interval(score.value, score.stderr)
    spread = score.value * (1 - score.value)
    effective = spread / score.stderr**2 if spread and score.stderr else score.n
    # A sample is worth no more than itself, and one cluster no less than one sample.
    return wilson_interval(score.value, max(1.0, min(effective, score.n)))


def words_of(score: Score, version: BenchmarkVersion) -> str:
    """“± is one standard error over 80 clusters (200 samples); 95 % interval 41.0 to 58.9 %”."""
    ends = interval_of(score, version)
    if ends is None:
        return "Its standard error is not known."
    factor, unit = (100, " %") if version.unit == "proportion" else (1, f" {version.unit}")
    places = 1 if factor == 100 else 3
    low, high = (f"{end * factor:.{places}f}" for end in ends)
    over = f"{score.n:,} samples"
    if score.clusters is not None:
        over = f"{score.clusters:,} clusters ({over})"
    kind = score.stderr_kind
    how = (
        f", {score.get_stderr_kind_display()}" if kind in {"harness", "ratio", "bootstrap"} else ""
    )
    return f"± is one standard error over {over}{how}; 95 % interval {low} to {high}{unit}."


def bootstrapped(score: Score, samples: Samples) -> Interval | None:
    """95 % (BCa), drawing samples or whole clusters anew; None where the score is no mean of them.

    Scores never change: worked out once, and kept.
    """
    if not samples.outcomes:
        return None
    key = f"bootstrap:1:{score.pk}@{score.recorded_at.timestamp()}"
    known: tuple[Interval | None] | None = cache.get(key)
    if known is None:
        known = (_bootstrapped(score, samples),)
        cache.set(key, known, KEPT_SECONDS)
    return known[0]


def _bootstrapped(score: Score, samples: Samples) -> Interval | None:
    weights = samples.weights or [1.0] * len(samples.outcomes)
    pairs = zip(samples.outcomes, weights, strict=True)
    mean = sum(outcome * weight for outcome, weight in pairs) / sum(weights)
    if abs(mean - score.value) > CLOSE * max(abs(score.value), CLOSE):
        return None
    return bootstrap_interval(
        samples.outcomes, weights=samples.weights, clusters=samples.clusters, draws=DRAWS
    )
