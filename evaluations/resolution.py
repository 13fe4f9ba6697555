"""What a recipe can tell apart, said before anybody pays for a run."""

import math
import statistics as plain
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import cache
from django.db.models import OuterRef

from evaluations.models import Recipe, Score
from evaluations.paired import errors_between
from evaluations.statistics import (
    minimum_detectable_difference,
    required_n,
    spread_of_difference,
)
from evaluations.suites.presets import Preset, preset_of

POWER, ALPHA = 0.8, 0.05
# What two models' answers to one question have in common where nobody has measured it.
CORRELATION = 0.5
# Newest scores of a recipe that are looked at; each is read with its samples.
LOOKED_AT = 4
KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Resolution:
    """The smallest true differences that a test at 5 % finds four times in five, in the metric's unit.

    `paired` of two models that answered the same `n` samples, `apart` of two that are compared by their
    scores alone. `basis`: "measured" from how the newest scores lie to each other, "spread" from how
    they scatter each, "assumed" as wide as the metric's bounds allow.
    """

    n: int
    # Of one sample's difference between two models.
    spread: float
    paired: float
    apart: float
    basis: str
    unit: str

    @property
    def words(self) -> str:
        """“n = 30 samples: differences under 18 points cannot be told from chance (power 80 %)”."""
        return (
            f"n = {self.n:,} samples: differences under {self.written(self.paired)} cannot be told "
            f"from chance (power {POWER:.0%}"
            + {"measured": ")", "spread": "; estimated)", "assumed": "; at worst)"}[self.basis]
        )

    @property
    def n_for_a_point(self) -> int | None:
        """Samples that it would take to find a difference of one point; None in other units."""
        if self.unit != "proportion" or not self.spread:
            return None
        return required_n(0.01, self.spread, power=POWER, alpha=ALPHA)

    @property
    def short(self) -> str:
        return self.written(self.paired)

    @property
    def short_apart(self) -> str:
        return self.written(self.apart)

    def written(self, value: float) -> str:
        """Two significant digits, in the unit that pages write."""
        if self.unit == "proportion":
            return f"{_rounded(100 * value)} points"
        return f"{_rounded(value)} {self.unit}"


def resolution_of(recipes: Iterable[Recipe]) -> dict[int, Resolution]:
    """By recipe; left out where neither its scores nor its bounds say how much a sample scatters.

    Two queries for all that were not asked for within the hour; recipes come with their version.
    """
    asked = {recipe.pk: recipe for recipe in recipes}
    keys = {f"resolution:2:{recipe.digest}": recipe for recipe in asked.values()}
    known: dict[str, Resolution | None] = cache.get_many(keys)
    missing = {key: recipe for key, recipe in keys.items() if key not in known}
    if missing:
        scores = _newest(missing.values())
        errors = errors_between(scores.values())
        made = {
            key: _resolve(recipe, scores[recipe.pk], errors.get(recipe.pk, []))
            for key, recipe in missing.items()
        }
        cache.set_many(made, KEPT_SECONDS)
        known |= made
    return {keys[key].pk: found for key, found in known.items() if found is not None}


def followed_by(recipe: Recipe) -> Preset | None:
    """The protocol with a name that the recipe follows."""
    if recipe.repeats < 2:
        return None
    return preset_of(
        chat=recipe.apply_chat_template,
        system_prompt=recipe.system_prompt,
        gen_args=recipe.generation,
    )


def _newest(recipes: Iterable[Recipe]) -> dict[int, list[Score]]:
    """The newest scores that have an error, by recipe."""
    own = Score.objects.filter(recipe=OuterRef("pk"), stderr__gt=0).filter(
        metric=OuterRef("benchmark_version__metric")
    )
    newest = ArraySubquery(own.order_by("-pk").values("pk")[:LOOKED_AT])
    wanted = [recipe.pk for recipe in recipes]
    rows = Recipe.objects.filter(pk__in=wanted).annotate(newest=newest)
    picked = {row.pk: list(row.newest) for row in rows.only("pk")}
    found = Score.objects.in_bulk([pk for pks in picked.values() for pk in pks])
    return {recipe: [found[pk] for pk in pks] for recipe, pks in picked.items()}


def _resolve(
    recipe: Recipe, scores: Sequence[Score], errors: Sequence[tuple[float, int]]
) -> Resolution | None:
    version = recipe.benchmark_version
    n = recipe.limit or version.sample_count or (scores[0].n if scores else None)
    if not n:
        return None
    bounds = (version.lower_bound, version.upper_bound)
    if scores:
        alone = plain.median((one.stderr or 0.0) * math.sqrt(one.n) for one in scores)
    elif None not in bounds:
        alone = ((version.upper_bound or 0.0) - (version.lower_bound or 0.0)) / 2
    else:
        return None
    if errors:
        together = plain.median(error * math.sqrt(count) for error, count in errors)
        basis = "measured"
    else:
        together = spread_of_difference(alone, alone, correlation=CORRELATION)
        basis = "spread" if scores else "assumed"
    apart = spread_of_difference(alone, alone)
    return Resolution(
        n=n,
        spread=together,
        paired=minimum_detectable_difference(n, together, power=POWER, alpha=ALPHA),
        apart=minimum_detectable_difference(n, apart, power=POWER, alpha=ALPHA),
        basis=basis,
        unit=version.unit,
    )


def _rounded(value: float) -> str:
    """18, 3.4, 0.012: no digit that nobody could use."""
    digits = max(0, 1 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:.{digits}f}"
