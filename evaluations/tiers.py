"""How much stands behind a number: said, said with the answers, measured here, measured again by others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from evaluations.models import Claim, Replication, Score
from evaluations.statistics import spread_of

CLAIMED: Final = "claimed"
TRACED: Final = "traced"
MEASURED: Final = "measured"
REPLICATED: Final = "replicated"

# tier -> what it means, as pages and the API say it.
MEANING: Final = {
    CLAIMED: "somebody reports it",
    TRACED: "somebody reports it and shows every answer",
    MEASURED: "this hub measured it",
    REPLICATED: "this hub measured it, and others came to the same",
}


@dataclass(frozen=True)
class Spread:
    """All measurements of one checkpoint under one recipe, the hub's first one among them.

    `spread` is the standard deviation between them (n - 1), None for one; `within` what each by itself is
    sure of (root mean square of standard errors), None where one has none. `agreed` counts those of
    other people that agree with the hub's.
    """

    count: int
    others: int
    agreed: int
    mean: float
    low: float
    high: float
    spread: float | None
    within: float | None

    @property
    def tier(self) -> str:
        return REPLICATED if self.agreed else MEASURED


def tier_of(claim: Claim) -> str:
    return TRACED if claim.upload_id else CLAIMED


def independent() -> Q:
    """Of replications: made by somebody else than who asked for the hub's own run."""
    return ~Q(requested_by=F("score__run__requested_by"))


def with_tier(scores: "QuerySet[Score]") -> "QuerySet[Score]":
    """Each with `tier`: MEASURED or REPLICATED. A look into an index for each score."""
    again = Replication.objects.filter(independent(), score=OuterRef("pk"), agrees=True)
    told = Case(When(Exists(again), then=Value(REPLICATED)), default=Value(MEASURED))
    return scores.annotate(tier=told)


def spreads_of(scores: Iterable[Score]) -> dict[int, Spread]:
    """By score id. One query; scores that nobody measured again are in it too."""
    wanted = {score.pk: score for score in scores}
    rows = Replication.objects.filter(independent(), score__in=wanted).only(
        "score_id", "value", "stderr", "agrees"
    )
    found: dict[int, list[Replication]] = defaultdict(list)
    for row in rows:
        found[row.score_id].append(row)
    return {pk: _spread(score, found[pk]) for pk, score in wanted.items()}


def _spread(own: Score, again: Sequence[Replication]) -> Spread:
    told = spread_of(
        [own.value, *(row.value for row in again)], [own.stderr, *(row.stderr for row in again)]
    )
    return Spread(
        count=told.count,
        others=len(again),
        agreed=sum(row.agrees for row in again),
        mean=told.mean,
        low=told.low,
        high=told.high,
        spread=told.between,
        within=told.within,
    )
