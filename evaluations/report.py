"""What a checkpoint came to, recipe by recipe, beside its parent and two reference variants.

Only scores of one recipe are compared; where both answered the same samples, sample by sample. Of
each other checkpoint one question a recipe is asked, so that its p-values are adjusted together
(Holm): “better” and “worse” stand for less than 5 % of any false alarm in that column. Intervals are
95 %, of one difference each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import F, QuerySet

from evaluations.models import Recipe, Run, RunItem, Score
from evaluations.paired import paired
from evaluations.references import Parent, Reference, choose, parent_of
from evaluations.report_rows import Compared, Measured, Moved, Row, Verdict
from evaluations.statistics import (
    Difference,
    holm,
    independent_difference,
    normal_interval,
    weighted_average,
)
from hub.models import Checkpoint

# In the metric's own unit; for accuracies a tenth of a point.
MOVED = 0.001
# Earlier scores of a variant that are looked through for each to have moved from.
MOST_EARLIER = 500
VERSION = "recipe__benchmark_version"


@dataclass(frozen=True)
class Overall:
    """Weighted mean of the differences to the parent, in points of the normalised scale.

    `count` of `total` recipes have a difference and a scale. Recipes are taken as independent.
    """

    delta: float
    stderr: float | None
    count: int
    total: int

    @property
    def interval(self) -> tuple[float, float] | None:
        return None if self.stderr is None else normal_interval(self.delta, self.stderr)

    @property
    def sure(self) -> bool:
        ends = self.interval
        return ends is not None and (ends[0] > 0 or ends[1] < 0)


@dataclass(frozen=True)
class Report:
    checkpoint: Checkpoint
    parent: Parent | None
    references: Sequence[Reference]
    rows: Sequence[Row]

    def against_parent(self, verdict: Verdict) -> list[Row]:
        return [row for row in self.rows if row.parent.verdict == verdict]

    @property
    def better(self) -> list[Row]:
        return self.against_parent("better")

    @property
    def worse(self) -> list[Row]:
        return self.against_parent("worse")

    @property
    def unclear(self) -> list[Row]:
        return self.against_parent("unclear")

    @property
    def moved(self) -> list[Row]:
        return [row for row in self.rows if row.moved]

    @property
    def uncompared(self) -> list[Row]:
        """Measured here, and not at the parent."""
        return [row for row in self.rows if row.mine.score and row.parent.other.score is None]

    @property
    def requestable(self) -> list[Recipe]:
        """What the parent could be measured under now: nobody has asked, or it came to nothing."""
        if self.parent is None or self.parent.checkpoint is None:
            return []
        open_states = {"missing", "failed", "cancelled", "superseded"}
        return [row.recipe for row in self.uncompared if row.parent.other.state in open_states]

    @property
    def runs(self) -> list[Run]:
        """Those that still work towards a number of this report."""
        found = {
            measured.run.pk: measured.run
            for row in self.rows
            for measured in (row.mine, row.parent.other, *(one.other for one in row.references))
            if measured.run is not None and measured.run.state in Run.live_states()
        }
        return list(found.values())

    @cached_property
    def overall(self) -> Overall | None:
        """The difference to the parent over all recipes, each counting the same."""
        return _overall([(row.recipe, row.parent) for row in self.rows])


def _overall(compared: Sequence[tuple[Recipe, Compared]]) -> Overall | None:
    """None where no recipe has both a difference and a scale."""
    deltas, stderrs = [], []
    for recipe, one in compared:
        ends = recipe.benchmark_version.anchors()
        if one.delta is not None and ends is not None:
            scale = 100 / (ends[1] - ends[0])
            deltas.append(one.delta * scale)
            stderrs.append(None if one.stderr is None else one.stderr * abs(scale))
    if not deltas:
        return None
    delta, stderr = weighted_average(deltas, stderrs, [1.0] * len(deltas))
    return Overall(delta, stderr, len(deltas), len(compared))


def overalls(
    pairs: Iterable[tuple[Checkpoint, Checkpoint]],
) -> dict[tuple[str, str], Overall]:
    """Of each checkpoint against the other, by their digests; those without a common recipe are left out.

    Two queries, however many pairs.
    """
    wanted = {(mine.digest, other.digest) for mine, other in pairs}
    scores = _scores([digest for pair in wanted for digest in pair], None)
    recipes: dict[str, dict[int, Score]] = {}
    for (digest, recipe), score in scores.items():
        recipes.setdefault(digest, {})[recipe] = score
    both = {
        pair: [(score, recipes.get(pair[1], {}).get(at)) for at, score in found.items()]
        for pair in wanted
        if (found := recipes.get(pair[0]))
    }
    differences = paired([(one, two) for found in both.values() for one, two in found if two])
    compared = {
        pair: _overall(
            [
                (one.recipe, _compared(one.recipe, one, Measured(two), differences))
                for one, two in found
            ]
        )
        for pair, found in both.items()
    }
    return {pair: one for pair, one in compared.items() if one is not None}


def report_of(checkpoint: Checkpoint, *, named: Sequence[str] = ()) -> Report:
    """With its catalogue parent and two references; `named` variants come before chosen ones.

    At most eleven queries, however many recipes.
    """
    parent = parent_of(checkpoint.variant)
    references = choose(checkpoint, parent.checkpoint if parent else None, named=named)
    return read_report(checkpoint, parent=parent, references=references)


def read_report(
    checkpoint: Checkpoint,
    *,
    parent: Parent | None,
    references: Sequence[Reference] = (),
    recipes: Iterable[Recipe] | None = None,
) -> Report:
    """One row a recipe: those of `recipes`, or whatever this checkpoint was or is to be measured under.

    Four queries: scores, items, earlier values, and the samples of pairs not compared before.
    """
    others = [parent.checkpoint if parent else None, *(one.checkpoint for one in references)]
    digests = [checkpoint.digest, *(one.digest for one in others if one)]
    scores = _scores(digests, recipes)
    items = _items(digests, recipes)
    shown = _recipes(checkpoint.digest, scores, items, recipes)

    def measured(one: Checkpoint | None, recipe: Recipe) -> Measured:
        key = (one.digest if one else "", recipe.pk)
        return Measured(scores.get(key), items.get(key))

    mine = [measured(checkpoint, recipe) for recipe in shown]
    columns = [
        _column(shown, mine, [measured(other, recipe) for recipe in shown]) for other in others
    ]
    moved = _moved(checkpoint, shown, mine)
    rows = [
        Row(
            recipe, mine[at], columns[0][at], [one[at] for one in columns[1:]], moved.get(recipe.pk)
        )
        for at, recipe in enumerate(shown)
    ]
    return Report(checkpoint, parent, references, rows)


Found = Mapping[tuple[str, int], Any]


def _ranking_scores() -> "QuerySet[Score]":
    """Each recipe's own metric; trials with a limit are left out."""
    return Score.objects.filter(metric=F(f"{VERSION}__metric"), recipe__limit=None)


def _scores(
    digests: Sequence[str], recipes: Iterable[Recipe] | None
) -> dict[tuple[str, int], Score]:
    found = _ranking_scores().filter(checkpoint_digest__in=digests)
    if recipes is not None:
        found = found.filter(recipe__in=recipes)
    rows = found.select_related(f"{VERSION}__benchmark")
    return {(score.checkpoint_digest, score.recipe_id): score for score in rows}


def _items(
    digests: Sequence[str], recipes: Iterable[Recipe] | None
) -> dict[tuple[str, int], RunItem]:
    """The newest of each: a failed run is overtaken by the one that was asked for after it."""
    found = RunItem.objects.filter(
        checkpoint_digest__in=digests, recipe__limit=None, run__purpose="measure"
    )
    if recipes is not None:
        found = found.filter(recipe__in=recipes)
    rows = found.select_related("run", f"{VERSION}__benchmark").defer(
        "run__log_tail", "run__versions", "run__hardware"
    )
    newest = rows.order_by("checkpoint_digest", "recipe_id", "-pk")
    return {
        (item.checkpoint_digest, item.recipe_id): item
        for item in newest.distinct("checkpoint_digest", "recipe_id")
    }


def _recipes(
    digest: str, scores: Found, items: Found, recipes: Iterable[Recipe] | None
) -> list[Recipe]:
    if recipes is not None:
        shown = {recipe.pk: recipe for recipe in recipes}
    else:
        both = {**items, **scores}
        shown = {key[1]: one.recipe for key, one in both.items() if key[0] == digest}
    return sorted(
        shown.values(), key=lambda recipe: (recipe.benchmark_version.benchmark.name, recipe.pk)
    )


def _column(
    recipes: Sequence[Recipe], mine: Sequence[Measured], theirs: Sequence[Measured]
) -> list[Compared]:
    """Differences to one other checkpoint, their p-values adjusted together."""
    wanted = [
        (one.score, other.score)
        for one, other in zip(mine, theirs, strict=True)
        if one.score and other.score
    ]
    pairs = paired(wanted) if wanted else {}
    made = [
        _compared(recipe, one.score, other, pairs)
        for recipe, one, other in zip(recipes, mine, theirs, strict=True)
    ]
    asked = [at for at, one in enumerate(made) if one.p_value is not None]
    adjusted = holm([made[at].p_value or 0.0 for at in asked])
    for at, p_value in zip(asked, adjusted, strict=True):
        made[at] = replace(made[at], adjusted=p_value)
    return made


def _compared(
    recipe: Recipe,
    score: Score | None,
    other: Measured,
    pairs: Mapping[tuple[int, int], Difference | None],
) -> Compared:
    direction = recipe.benchmark_version.higher_is_better
    theirs = other.score
    if score is None or theirs is None:
        return Compared(other, higher_is_better=direction)
    delta = score.value - theirs.value
    pair = pairs[score.pk, theirs.pk]
    if pair is not None:
        return Compared(other, delta, pair.stderr, pair.p_value, None, pair, direction)
    if score.stderr is None or theirs.stderr is None:
        return Compared(other, delta, higher_is_better=direction)
    found = independent_difference(score.value, score.stderr, theirs.value, theirs.stderr)
    return Compared(other, *found, higher_is_better=direction)


def _moved(
    checkpoint: Checkpoint, recipes: Sequence[Recipe], mine: Sequence[Measured]
) -> dict[int, Moved]:
    """By recipe. The newest earlier score of an earlier checkpoint under the same recipe; where there
    is none, of an earlier recipe of the same benchmark and metric that is not itself in the report.
    """
    shown = {recipe.pk for recipe in recipes}
    benchmarks = {recipe.benchmark_version.benchmark_id for recipe in recipes}
    rows = _ranking_scores().filter(
        checkpoint__variant=checkpoint.variant_id, **{f"{VERSION}__benchmark__in": benchmarks}
    )
    earlier = list(
        rows.select_related("checkpoint", "recipe__benchmark_version")
        .defer("checkpoint__files")
        .order_by("-pk")[:MOST_EARLIER]
        if benchmarks
        else ()
    )
    moved = {}
    for recipe, one in zip(recipes, mine, strict=True):
        found = _earlier(one.score, recipe, earlier, shown) if one.score else None
        if found is not None and one.score is not None:
            delta = one.score.value - found.value
            if abs(delta) > MOVED:
                moved[recipe.pk] = Moved(found, delta, found.recipe_id == recipe.pk)
    return moved


def _earlier(
    score: Score, recipe: Recipe, earlier: Sequence[Score], shown: set[int]
) -> Score | None:
    version = recipe.benchmark_version
    before = [one for one in earlier if one.pk < score.pk]
    for one in before:
        if one.recipe_id == recipe.pk and one.checkpoint_digest != score.checkpoint_digest:
            return one
    for one in before:
        other = one.recipe.benchmark_version
        alike = (other.benchmark_id, other.metric, other.unit)
        wanted = (version.benchmark_id, version.metric, version.unit)
        if one.recipe_id not in shown and alike == wanted:
            return one
    return None
