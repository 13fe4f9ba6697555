"""Two scores of one recipe, sample by sample. Scores never change, so a pair is worked out once and kept."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.core.cache import cache
from django.db.models import CharField, F, Func, Value
from django.db.models.functions import MD5

from evaluations.models import Samples, Score
from evaluations.statistics import Difference, clustered_error, paired_difference

# Part of every key: raise it when Difference or what is taken for the same samples changes.
SHAPE = 2
KEPT_SECONDS = 30 * 86_400
# Of two scores: the child's and the other's.
Pair = tuple[Score, Score]
Outcomes = Sequence[float]
# The outcomes of two, their weights and clusters.
Both = tuple[Outcomes, Outcomes, Outcomes | None, Sequence[str] | None]


@dataclass(frozen=True)
class Answers:
    """What every sample of one score came to; `documents` names which samples, in which order, and
    `clusters` what each belongs to."""

    outcomes: Sequence[float]
    weights: Sequence[float] | None
    clusters: Sequence[str] | None
    documents: str


def paired(wanted: Iterable[Pair]) -> dict[tuple[int, int], Difference | None]:
    """By the ids of each pair; None where they did not answer the same samples, or where the mean of
    the samples is not the score (a mean of groups). In the metric's unit.

    One query at most, and none for pairs that were asked for before. Two scores of 14,000 samples
    each are 0.3 MB to read; their hashes, three times that, are compared in the database.
    """
    keys = {_key(*pair): pair for pair in wanted}
    known: dict[str, tuple[Difference | None]] = cache.get_many(keys)
    new = {key: pair for key, pair in keys.items() if key not in known}
    answers = _answers({score.pk for pair in new.values() for score in pair}) if new else {}
    made = {key: (_compared(*pair, answers),) for key, pair in new.items()}
    cache.set_many(made, KEPT_SECONDS)
    return {
        (child.pk, other.pk): (known[key] if key in known else made[key])[0]
        for key, (child, other) in keys.items()
    }


def errors_between(
    families: Iterable[Sequence[Score]],
) -> dict[int, list[tuple[float, int]]]:
    """Standard errors of the differences between neighbours of each family (scores of one recipe), with
    the number of samples, by recipe. Those that do not differ at all say nothing. One query."""
    neighbours = [pair for family in families for pair in pairwise(family)]
    answers = _answers({score.pk for pair in neighbours for score in pair}) if neighbours else {}
    found: dict[int, list[tuple[float, int]]] = {}
    for one, two in neighbours:
        both = _same_samples(one, two, answers)
        if both is None:
            continue
        gaps = [mine - theirs for mine, theirs in zip(*both[:2], strict=True)]
        error = clustered_error(gaps, both[3], both[2])
        if error:
            found.setdefault(one.recipe_id, []).append((error, len(gaps)))
    return found


def _key(child: Score, other: Score) -> str:
    """The times are in it because a database may be emptied under a cache that stays."""
    sides = (f"{score.pk}@{score.recorded_at.timestamp()}" for score in (child, other))
    return f"paired:{SHAPE}:{':'.join(sides)}"


def _answers(scores: Iterable[int]) -> dict[int, Answers]:
    joined = Func(F("doc_hashes"), Value(","), function="array_to_string", output_field=CharField())
    rows = Samples.objects.filter(score__in=scores).annotate(documents=MD5(joined))
    found = rows.values_list("score_id", "outcomes", "weights", "clusters", "documents")
    return {score: Answers(*rest) for score, *rest in found}


def _compared(child: Score, other: Score, answers: dict[int, Answers]) -> Difference | None:
    both = _same_samples(child, other, answers)
    if both is None:
        return None
    mine, theirs, weights, clusters = both
    return paired_difference(mine, theirs, weights=weights, clusters=clusters)


def _same_samples(child: Score, other: Score, answers: dict[int, Answers]) -> Both | None:
    """None where they answered other samples, or where a mean of the samples is not the score."""
    mine, theirs = answers.get(child.pk), answers.get(other.pk)
    if mine is None or theirs is None or not mine.outcomes:
        return None
    if (mine.documents, mine.weights) != (theirs.documents, theirs.weights):
        return None
    if len(mine.outcomes) != len(theirs.outcomes):
        return None
    scale = max(abs(child.value), abs(other.value), 1e-9)
    delta = _mean(mine) - _mean(theirs)
    if abs(delta - (child.value - other.value)) > 1e-6 * scale:
        return None
    # The documents are the same: a score from before they were clustered has the other's clusters.
    return mine.outcomes, theirs.outcomes, mine.weights, mine.clusters or theirs.clusters


def _mean(answers: Answers) -> float:
    weights = answers.weights or [1.0] * len(answers.outcomes)
    pairs = zip(answers.outcomes, weights, strict=True)
    return math.fsum(outcome * weight for outcome, weight in pairs) / math.fsum(weights)
