"""The recipes of one run with what came of each, and what others came to under the same recipe."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from evaluations.certainty import words_of
from evaluations.models import BenchmarkVersion, Recipe, Replication, Run, Score
from evaluations.models.run import Purpose
from evaluations.tiers import Spread, spreads_of


@dataclass(frozen=True, kw_only=True)
class Item:
    """`score` is what the run measured, `replication` what it measured again; both None while it has not.

    Values of the properties are as pages write them: proportions as percentages.
    """

    recipe: Recipe
    score: Score | None = None
    replication: Replication | None = None
    spread: Spread | None = None
    again: tuple[Replication, ...] = ()

    @property
    def version(self) -> BenchmarkVersion:
        return self.recipe.benchmark_version

    @property
    def factor(self) -> int:
        return 100 if self.version.unit == "proportion" else 1

    @property
    def unit(self) -> str:
        return "%" if self.factor == 100 else self.version.unit

    @property
    def places(self) -> int:
        return 1 if self.factor == 100 else 3

    @property
    def measured(self) -> Score | Replication | None:
        return self.score or self.replication

    @property
    def n(self) -> int | None:
        return self.measured.n if self.measured else None

    @property
    def value(self) -> float | None:
        return self.measured.value * self.factor if self.measured else None

    @property
    def stderr(self) -> float | None:
        found = self.measured
        return None if found is None or found.stderr is None else found.stderr * self.factor

    @property
    def certainty(self) -> str:
        return words_of(self.score, self.version) if self.score else ""

    @property
    def also(self) -> list[tuple[str, float]]:
        """Other numbers of the same answers, in the harness's own unit, by metric and filter in words."""
        told = self.score.also if self.score else {}
        parts = ((*name.partition(","), value) for name, value in sorted(told.items()))
        return [
            (metric if of in ("", "none") else f"{metric} ({of})", value)
            for metric, _, of, value in parts
        ]

    @property
    def known(self) -> float | None:
        """What a replication was compared with."""
        return self.replication.score.value * self.factor if self.replication else None

    @property
    def others(self) -> dict[str, Any] | None:
        """All measurements under this recipe, where there are more than the hub's own."""
        if self.spread is None or not self.spread.others:
            return None
        spread = self.spread
        return {
            "count": spread.others,
            "agreed": spread.agreed,
            "low": spread.low * self.factor,
            "high": spread.high * self.factor,
            "spread": (spread.spread or 0.0) * self.factor,
            "within": None if spread.within is None else spread.within * self.factor,
            "rows": [{"row": row, "value": row.value * self.factor} for row in self.again],
        }


def items_of(run: Run) -> list[Item]:
    """In the order of the run's items, which come with recipe and benchmark. Two or three queries."""
    told = Replication.objects.select_related("score", "requested_by").order_by("pk")
    if run.purpose == Purpose.REPLICATE:
        found = {row.score.recipe_id: row for row in told.filter(run=run)}
        return [
            Item(recipe=item.recipe, replication=found.get(item.recipe_id))
            for item in run.items.all()
        ]
    scores = {(score.recipe_id, score.metric): score for score in run.scores.all()}
    spreads = spreads_of(scores.values())
    again: dict[int, list[Replication]] = defaultdict(list)
    for row in told.filter(score__in=spreads):
        again[row.score_id].append(row)
    items = []
    for item in run.items.all():
        score = scores.get((item.recipe_id, item.recipe.benchmark_version.metric))
        items.append(
            Item(
                recipe=item.recipe,
                score=score,
                spread=spreads.get(score.pk) if score else None,
                again=tuple(again[score.pk]) if score else (),
            )
        )
    return items
