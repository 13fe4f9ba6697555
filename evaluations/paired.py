"""A variant's scores beside its parent's, under identical recipes and on the same samples."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet

from evaluations.models import Samples, Score
from evaluations.statistics import Difference, paired_difference
from hub.models import Checkpoint, ModelVariant
from hub.models.lineage import DATA_RELATIONS


@dataclass(frozen=True)
class Comparison:
    """One score, the parent's where there is one, and what the difference is worth.

    All in the metric's unit. `paired` says whether `stderr` comes from the same samples; otherwise
    it takes the two as independent, which makes it larger.
    """

    score: Score
    parent: Score | None
    delta: float | None = None
    stderr: float | None = None
    sure: bool = False
    paired: Difference | None = None


def parent_of(variant: ModelVariant) -> ModelVariant | None:
    """The first parent that is a model and is in the catalogue."""
    edges = variant.parent_edges.exclude(parent=None).exclude(relation__in=DATA_RELATIONS)
    edge = edges.select_related("parent").order_by("pk").first()
    return edge.parent if edge else None


def newest_measured(variant: ModelVariant) -> Checkpoint | None:
    """The newest checkpoint with a score of its bytes, whoever's run measured them."""
    measured = Score.objects.values("checkpoint_digest")
    return variant.checkpoints.filter(digest__in=measured).defer("files").first()


def comparisons(checkpoint: Checkpoint, parent: ModelVariant | None) -> list[Comparison]:
    """One for each recipe, by the benchmark's name: two or three queries."""
    scores = list(_ranking_scores().filter(checkpoint_digest=checkpoint.digest))
    theirs: dict[int, Score] = {}
    if parent is not None and scores:
        recipes = [score.recipe_id for score in scores]
        digests = parent.checkpoints.values("digest")
        found = _ranking_scores().filter(recipe__in=recipes, checkpoint_digest__in=digests)
        # The newest measurement of the parent wins.
        theirs = {score.recipe_id: score for score in found.order_by("pk")}
    return [_compared(score, theirs.get(score.recipe_id)) for score in scores]


def _ranking_scores() -> "QuerySet[Score]":
    """Each recipe's own metric; trials with a limit are left out."""
    return (
        Score.objects.filter(metric=F("recipe__benchmark_version__metric"), recipe__limit=None)
        .select_related("recipe__benchmark_version__benchmark", "samples")
        .order_by("recipe__benchmark_version__benchmark__name", "pk")
    )


def _compared(score: Score, parent: Score | None) -> Comparison:
    if parent is None:
        return Comparison(score, None)
    delta = score.value - parent.value
    paired = _paired(score, parent, delta)
    if paired is not None:
        return Comparison(score, parent, delta, paired.stderr, paired.sure, paired)
    if score.stderr is None or parent.stderr is None:
        return Comparison(score, parent, delta)
    stderr = math.hypot(score.stderr, parent.stderr)
    return Comparison(score, parent, delta, stderr, abs(delta) > 1.96 * stderr)


def _paired(score: Score, parent: Score, delta: float) -> Difference | None:
    """None unless both answered the same samples and their mean is the score."""
    child, other = _samples(score), _samples(parent)
    if child is None or other is None or not child.outcomes:
        return None
    same = child.doc_hashes == other.doc_hashes and child.weights == other.weights
    if not same or len(child.outcomes) != len(other.outcomes):
        return None
    mine = _weighted(child.outcomes, child.weights)
    theirs = _weighted(other.outcomes, other.weights)
    difference = paired_difference(mine, theirs)
    scale = max(abs(score.value), abs(parent.value), 1e-9)
    return difference if abs(difference.delta - delta) <= 1e-6 * scale else None


def _samples(score: Score) -> Samples | None:
    return getattr(score, "samples", None)


def _weighted(outcomes: Sequence[float], weights: Sequence[float] | None) -> Sequence[float]:
    """Scaled so that the plain mean is the weighted one."""
    if not weights:
        return outcomes
    mean = sum(weights) / len(weights)
    return [outcome * weight / mean for outcome, weight in zip(outcomes, weights, strict=True)]
