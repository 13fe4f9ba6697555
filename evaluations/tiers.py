"""How much stands behind a number: said, said with the answers, measured here, measured again by others."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import F, Q

from evaluations.models import Claim, Replication, Score

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

    `spread` is the standard deviation between them (n - 1), None for one. `agreed` counts those of
    other people that agree with the hub's.
    """

    count: int
    others: int
    agreed: int
    mean: float
    low: float
    high: float
    spread: float | None

    @property
    def tier(self) -> str:
        return REPLICATED if self.agreed else MEASURED


def tier_of(claim: Claim) -> str:
    return TRACED if claim.upload_id else CLAIMED


def independent() -> Q:
    """Of replications: made by somebody else than who asked for the hub's own run."""
    return ~Q(requested_by=F("score__run__requested_by"))


def spreads_of(scores: Iterable[Score]) -> dict[int, Spread]:
    """By score id. One query; scores that nobody measured again are in it too."""
    wanted = {score.pk: score for score in scores}
    rows = Replication.objects.filter(independent(), score__in=wanted).values_list(
        "score_id", "value", "agrees"
    )
    found: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for score_id, value, agrees in rows:
        found[score_id].append((value, agrees))
    return {pk: _spread(score.value, found[pk]) for pk, score in wanted.items()}


def _spread(own: float, again: Sequence[tuple[float, bool]]) -> Spread:
    values = [own, *(value for value, _ in again)]
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return Spread(
        count=len(values),
        others=len(again),
        agreed=sum(agrees for _, agrees in again),
        mean=mean,
        low=min(values),
        high=max(values),
        spread=math.sqrt(squares / (len(values) - 1)) if again else None,
    )
