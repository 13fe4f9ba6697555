"""Scores with their samples, for tests of reports."""

from collections.abc import Sequence

from evaluations.models import Recipe, Samples, Score
from hub.models import Checkpoint, LineageEdge, ModelVariant
from tests.factories import make_score


def answered(
    checkpoint: Checkpoint,
    recipe: Recipe,
    outcomes: Sequence[float],
    *,
    documents: Sequence[str] = (),
    weights: Sequence[float] | None = None,
    clusters: Sequence[str] | None = None,
) -> Score:
    """A score that is the (weighted) mean of `outcomes`, which were kept."""
    shares = weights or [1.0] * len(outcomes)
    total = sum(outcome * share for outcome, share in zip(outcomes, shares, strict=True))
    score = make_score(checkpoint, recipe, total / sum(shares), stderr=0.05, n=len(outcomes))
    hashes = list(documents) or [f"document-{number}" for number in range(len(outcomes))]
    Samples.objects.create(
        score=score,
        outcomes=list(outcomes),
        doc_hashes=hashes,
        weights=list(weights) if weights else None,
        clusters=list(clusters) if clusters else None,
    )
    return score


def descends(child: ModelVariant, parent: ModelVariant, *, commit: str = "") -> LineageEdge:
    return LineageEdge.objects.create(
        child=child,
        parent=parent,
        parent_name=parent.full_name,
        relation="finetune",
        parent_commit=commit,
    )
