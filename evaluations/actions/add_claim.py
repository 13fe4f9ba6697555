"""Keep a number that somebody reported elsewhere."""

from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q

from evaluations.actions.supersede_claim import supersede_claim
from evaluations.models import Benchmark, BenchmarkVersion, Claim, Upload
from evaluations.models.claim import ReporterRole
from evaluations.reported import value_problem
from hub.models import ModelVariant, User
from hub.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class ClaimFacts:
    """What is reported. `benchmark` is a slug or name known here, or the name that the reporter uses.

    `value` and `stderr` are in `unit` (evaluations/reported.py); `n` counts answers per question.
    """

    benchmark: str
    value: float
    unit: str
    reporter: str
    role: str
    source: str
    metric: str = ""
    stderr: float | None = None
    n: int | None = None
    protocol: str = ""
    harness: str = ""
    revision: str = ""
    reported_on: date | None = None
    first_reported: str = ""


def add_claim(
    *,
    actor: User,
    variant: ModelVariant,
    facts: ClaimFacts,
    number: int,
    upload: Upload | None = None,
) -> Claim:
    """A claim about `variant`, brought by contribution `number`; what it restates is superseded.

    With `upload`, whose answers stand behind it, it is a traced one.

    Raises Refusal `invalid` (each field with its reason) and `already_here`.
    """
    benchmark = benchmark_called(facts.benchmark)
    if problems := claim_problems(facts, benchmark):
        raise Refusal("invalid", next(iter(problems.values()))[0], fields=problems)
    values = asdict(facts) | {
        "benchmark": benchmark,
        "benchmark_name": benchmark.name if benchmark else facts.benchmark,
    }
    with transaction.atomic():
        # Of two claims that come at once the second sees the first: one of them supersedes the other.
        ModelVariant.objects.select_for_update(no_key=True).get(pk=variant.pk)
        if same := Claim.objects.filter(variant=variant, **values).first():
            message = f"This number is here already: claim {same.pk}."
            raise Refusal("already_here", message, fields={"value": [message]})
        claim = Claim.objects.create(
            variant=variant, added_by=actor, number=number, upload=upload, **values
        )
        supersede_claim(claim=claim)
    return claim


def benchmark_called(name: str) -> Benchmark | None:
    """The benchmark with this slug or name, or the only one on this dataset; None without one."""
    if not name:
        return None
    called = Q(slug__iexact=name) | Q(name__iexact=name) | Q(dataset_name__iexact=name)
    found = list(Benchmark.objects.filter(called).order_by("pk"))
    named = [each for each in found if name.lower() in (each.slug.lower(), each.name.lower())]
    if named:
        return named[0]
    return found[0] if len(found) == 1 else None


def claim_problems(facts: ClaimFacts, benchmark: Benchmark | None) -> dict[str, list[str]]:
    """What is wrong with each field; empty where nothing is."""
    version = None if benchmark is None else _newest_version(benchmark, facts.metric)
    problems = {"value": value_problem(facts.value, facts.unit, version)}
    for name in ("benchmark", "reporter", "source"):
        if not getattr(facts, name):
            problems[name] = "This is needed."
    if facts.stderr is not None:
        problems["stderr"] = _stderr_problem(facts.stderr)
    if facts.role not in ReporterRole.values:
        problems["role"] = f"Choose one of {', '.join(ReporterRole.values)}."
    elif (facts.role == ReporterRole.RELAYED) != bool(facts.first_reported):
        problems["first_reported"] = (
            "A relayed number says where it was reported first."
            if facts.role == ReporterRole.RELAYED
            else "Only a relayed number was reported elsewhere first."
        )
    return {name: [problem] for name, problem in problems.items() if problem}


def _newest_version(benchmark: Benchmark, metric: str) -> BenchmarkVersion | None:
    """The bounds of another metric would say nothing about this one."""
    version = benchmark.versions.select_related("benchmark").first()
    return version if version and metric in ("", version.metric) else None


def _stderr_problem(stderr: float) -> str:
    return "A standard error is a finite number, 0 or more." if not 0 <= stderr < 1e308 else ""
