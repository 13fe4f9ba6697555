"""What others report of a variant, beside what was measured here. Nothing here is ranked or averaged."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import F, Prefetch

from evaluations.disputes import STANDING
from evaluations.models import Benchmark, Claim, Dispute, Score
from evaluations.models.claim import ReporterRole
from evaluations.reported import UNITS, Reported, converted, in_card
from hub.models import CardRevision, Checkpoint, ModelVariant

Z95 = 1.96
# Names for one thing: the share of questions that were answered right.
RIGHT = frozenset({"acc", "accuracy", "exact_match", "em", "pass@1"})
# Claims read for one page; the list of claims pages through all of them.
MOST = 200


STANDING_DISPUTES = Prefetch(
    "disputes", Dispute.objects.filter(state__in=STANDING), to_attr="standing_disputes"
)
# With the disputes that stand against each.
CLAIMS = Claim.objects.select_related("variant", "benchmark").prefetch_related(STANDING_DISPUTES)


@dataclass(frozen=True)
class Reading:
    """One claim as it is written: proportions as percentages, all else in its own unit.

    `gap` is claimed minus measured in the same unit, None where the two cannot be compared; `within`
    says that the measurement's 95 % interval (and the claim's, where it states one) holds the gap.
    """

    claim: Claim
    value: float
    stderr: float | None
    sign: str
    places: int
    gap: float | None = None
    within: bool = False
    # Of a relayed number: what its source says instead, where that is known and differs.
    relay_problem: str = ""


@dataclass(frozen=True)
class Measured:
    """The hub's own number, written as claims are."""

    score: Score
    value: float
    stderr: float | None
    sign: str
    places: int


@dataclass(frozen=True)
class Beside:
    """One benchmark: the measurement, if there is one, and the claims about it."""

    name: str
    benchmark: Benchmark | None
    measured: Measured | None
    standing: list[Reading] = field(default_factory=list)
    earlier: list[Reading] = field(default_factory=list)


def claims_beside_scores(variant: ModelVariant) -> list[Beside]:
    """By benchmark, each with the newest measurement. Three queries, one without claims."""
    claims = list(CLAIMS.filter(variant=variant)[:MOST])
    if not claims:
        return []
    scores = _newest_scores(variant, {claim.benchmark_id for claim in claims if claim.benchmark_id})
    groups: dict[str, Beside] = {}
    for claim in claims:
        key = claim.benchmark_name.lower()
        score = scores.get(claim.benchmark_id or 0)
        group = groups.setdefault(key, _beside(claim, score))
        found = read_claim(claim, score, claims)
        (group.standing if claim.is_standing else group.earlier).append(found)
    return list(groups.values())


def read_claim(
    claim: Claim, measured: Score | None = None, others: Iterable[Claim] = ()
) -> Reading:
    """`others` are claims about the same variant, among which a relayed number's source is sought."""
    value, sign, places = _written(claim.value, claim.unit)
    stderr = None if claim.stderr is None else _written(claim.stderr, claim.unit)[0]
    gap, within = None, False
    if measured is not None and _same_metric(claim, measured):
        gap, within = _gap(claim, measured)
    return Reading(claim, value, stderr, sign, places, gap, within, _relay_problem(claim, others))


def read_score(score: Score) -> Measured:
    unit = score.recipe.benchmark_version.unit
    value, sign, places = _written(score.value, unit)
    stderr = None if score.stderr is None else _written(score.stderr, unit)[0]
    return Measured(score, value, stderr, sign, places)


def score_beside(claim: Claim) -> Score | None:
    """The measurement that `claim` can be held against."""
    if claim.benchmark_id is None:
        return None
    return _newest_scores(claim.variant, {claim.benchmark_id}).get(claim.benchmark_id)


def _newest_scores(variant: ModelVariant, benchmarks: Collection[int]) -> dict[int, Score]:
    """By benchmark: each recipe's own metric; trials with a limit are left out."""
    found = Score.objects.filter(
        checkpoint_digest__in=Checkpoint.objects.filter(variant=variant).values("digest"),
        metric=F("recipe__benchmark_version__metric"),
        recipe__limit=None,
        recipe__benchmark_version__benchmark__in=benchmarks,
    ).select_related("recipe__benchmark_version__benchmark")
    return {score.recipe.benchmark_version.benchmark_id: score for score in found.order_by("pk")}


def _beside(claim: Claim, score: Score | None) -> Beside:
    return Beside(
        claim.benchmark_name, claim.benchmark, None if score is None else read_score(score)
    )


def _same_metric(claim: Claim, score: Score) -> bool:
    """A metric that is not told is taken for the benchmark's own."""
    told, own = claim.metric.lower(), score.metric.lower()
    return told in ("", own) or {told, own} <= RIGHT


def _gap(claim: Claim, measured: Score) -> tuple[float | None, bool]:
    unit = measured.recipe.benchmark_version.unit
    value = converted(claim.value, claim.unit, unit)
    if value is None:
        return None, False
    gap = value - measured.value
    own = converted(claim.stderr or 0.0, claim.unit, unit) or 0.0
    spread = math.hypot(measured.stderr or 0.0, own)
    return _written(gap, unit)[0], measured.stderr is not None and abs(gap) <= Z95 * spread


def _relay_problem(claim: Claim, others: Iterable[Claim]) -> str:
    if claim.role != ReporterRole.RELAYED:
        return ""
    for other in others:
        if other.source != claim.first_reported or not _same_subject(claim, other):
            continue
        value = converted(other.value, other.unit, claim.unit)
        if value is not None and not math.isclose(value, claim.value, abs_tol=1e-9):
            said, sign, places = _written(other.value, other.unit)
            return f"{other.reporter} says {said:.{places}f}{_spaced(sign)}"
    return ""


def _same_subject(claim: Claim, other: Claim) -> bool:
    same = (claim.benchmark_name.lower(), claim.metric.lower())
    return other.pk != claim.pk and same == (other.benchmark_name.lower(), other.metric.lower())


def _written(value: float, unit: str) -> tuple[float, str, int]:
    """The number as pages write it, the sign behind it, and how many decimals."""
    percent = converted(value, unit, "percent")
    if percent is not None:
        return percent, "%", 1
    known = UNITS.get(unit)
    return value, known.sign if known else unit, 3 if abs(value) < 20 else 1


def _spaced(sign: str) -> str:
    return f"\N{NO-BREAK SPACE}{sign}" if sign else ""


# --- What a card says -----------------------------------------------------------------------------


def unclaimed(variant: ModelVariant) -> list[Reported]:
    """Numbers of the published card that are no claims here yet. Two queries."""
    card = CardRevision.objects.filter(variant=variant).order_by("-number").only("metadata").first()
    found = in_card(card.metadata) if card else []
    if not found:
        return []
    known = {
        (name.lower(), value)
        for name, value in Claim.objects.filter(variant=variant).values_list(
            "benchmark_name", "value"
        )
    }
    return [each for each in found if (each.benchmark.lower(), each.value) not in known]
