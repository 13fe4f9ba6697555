"""The rows of a report: one recipe, what each checkpoint came to under it, and what that is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evaluations.models import BenchmarkVersion, Recipe, Run, RunItem, Score
from evaluations.statistics import Difference, normal_interval

SURE = 0.05

Verdict = Literal["better", "worse", "unclear", ""]


@dataclass(frozen=True)
class Measured:
    """One checkpoint under one recipe: its score, or the newest item that was to make one."""

    score: Score | None
    item: RunItem | None = None

    @property
    def run(self) -> Run | None:
        return self.item.run if self.item and self.score is None else None

    @property
    def state(self) -> str:
        """measured, waiting, running, failed, cancelled, superseded, or missing where nobody has asked."""
        if self.score is not None:
            return "measured"
        run = self.run
        if run is None:
            return "missing"
        if run.state in Run.HELD_STATES:
            return "running"
        # A published run without this score was for bytes that are no longer here.
        return {"queued": "waiting", "published": "missing"}.get(run.state, run.state)

    @property
    def words(self) -> str:
        """What it waits for, or why there is no number."""
        run = self.run
        if self.state == "missing" or run is None:
            return "not measured"
        if self.state == "waiting" and run.failure_code:
            return f"tries again: {run.failure_message}"
        if self.state == "waiting":
            return f"waits for its turn on queue {run.queue}"
        if self.state == "running":
            done, total = run.progress.get("done"), run.progress.get("total")
            return f"{run.state}, {done} of {total}" if total else run.state
        return f"failed: {run.failure_message}" if self.state == "failed" else self.state


@dataclass(frozen=True)
class Compared:
    """The other's measurement and the checkpoint's difference to it, in the metric's unit.

    `pair` is there where the same samples were answered; otherwise the two are taken as independent,
    which makes `stderr` larger. `p_value` is two-sided and of this difference alone, `adjusted` of
    all recipes of the column together. All None where one side is missing.
    """

    other: Measured
    delta: float | None = None
    stderr: float | None = None
    p_value: float | None = None
    adjusted: float | None = None
    pair: Difference | None = None
    higher_is_better: bool = True

    @property
    def interval(self) -> tuple[float, float] | None:
        if self.delta is None or self.stderr is None:
            return None
        return normal_interval(self.delta, self.stderr)

    @property
    def verdict(self) -> Verdict:
        """Empty where there is no difference to judge or nothing to judge it by."""
        if self.delta is None or self.adjusted is None:
            return ""
        if self.adjusted >= SURE or self.delta == 0:
            return "unclear"
        return "better" if (self.delta > 0) == self.higher_is_better else "worse"

    @property
    def gained(self) -> int | None:
        """Samples on which the checkpoint does better than the other."""
        if self.pair is None:
            return None
        return self.pair.higher if self.higher_is_better else self.pair.lower

    @property
    def lost(self) -> int | None:
        if self.pair is None:
            return None
        return self.pair.lower if self.higher_is_better else self.pair.higher


@dataclass(frozen=True)
class Moved:
    """An earlier value of the same variant and benchmark that the new one differs from."""

    score: Score
    delta: float
    same_recipe: bool

    @property
    def words(self) -> str:
        checkpoint = f"commit {self.score.checkpoint.commit[:8]}"
        recipe = "the same recipe" if self.same_recipe else f"recipe {self.score.recipe.digest[:8]}"
        return f"{checkpoint} under {recipe}"


@dataclass(frozen=True)
class Row:
    """One recipe. `references` stand in the order of the report's."""

    recipe: Recipe
    mine: Measured
    parent: Compared
    references: Sequence[Compared]
    moved: Moved | None

    @property
    def version(self) -> BenchmarkVersion:
        return self.recipe.benchmark_version

    @property
    def name(self) -> str:
        return self.version.benchmark.name

    @property
    def in_percent(self) -> bool:
        return self.version.unit == "proportion"

    @property
    def unit(self) -> str:
        return "%" if self.in_percent else self.version.unit

    @property
    def places(self) -> int:
        return 1 if self.in_percent else 3

    def written(self, value: float | None) -> float | None:
        """In the unit that pages write: percent for proportions."""
        return None if value is None else value * (100 if self.in_percent else 1)
