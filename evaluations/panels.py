"""What measuring puts on the hub's pages; registered when this is imported (apps.py)."""

from typing import Any

from django.http import HttpRequest

from evaluations import leaderboards
from evaluations.models import Benchmark, Board, Run, Standing
from evaluations.references import newest_measured
from evaluations.report import report_of
from evaluations.report_page import shown
from hub import panels
from hub.models import Dataset, ModelVariant, User

FRONT_BOARDS = 6
RUNS = 5


def front_boards(request: HttpRequest, _: object) -> panels.Filled | None:
    """The boards with their leaders and when they last changed."""
    boards = list(
        Board.objects.filter(current=True).order_by("-size", "title").defer("facets")[:FRONT_BOARDS]
    )
    found = leaderboards.leaders(boards)
    cards = [{"board": board, "leaders": found[board.pk]} for board in boards]
    return ("evaluations/_front_boards.html", {"cards": cards}) if cards else None


def front_runs(request: HttpRequest, _: object) -> panels.Filled | None:
    """What is measured now; else what was measured last."""
    runs = _runs()
    live = list(runs.filter(state__in=Run.HELD_STATES)[:RUNS])
    context = {
        "live": live,
        "waiting": Run.objects.filter(state="queued").count(),
        "ended": [] if live else list(runs.filter(state="published")[:RUNS]),
    }
    return ("evaluations/_front_runs.html", context) if any(context.values()) else None


def variant_scores(request: HttpRequest, variant: ModelVariant) -> panels.Filled | None:
    """The report on its newest measured checkpoint, and where the variant stands."""
    checkpoint = newest_measured(variant)
    if checkpoint is not None:
        checkpoint.variant = variant
    standings = Standing.objects.filter(variant=variant, board__current=True)
    context = {
        "checkpoint": checkpoint,
        "standings": standings.select_related("board").defer("values", "board__facets"),
        "live": _runs().live().filter(checkpoint__variant=variant),
        **(shown(report_of(checkpoint)) if checkpoint else {}),
    }
    return "evaluations/_variant_scores.html", context


def variant_runs(request: HttpRequest, variant: ModelVariant) -> panels.Filled | None:
    runs = list(_runs().filter(checkpoint__variant=variant)[:RUNS])
    return ("evaluations/_variant_runs.html", {"runs": runs}) if runs else None


def dataset_benchmarks(request: HttpRequest, dataset: Dataset) -> panels.Filled | None:
    """What is measured on this dataset."""
    benchmarks = list(Benchmark.objects.filter(dataset=dataset))
    return (
        ("evaluations/_dataset_benchmarks.html", {"benchmarks": benchmarks}) if benchmarks else None
    )


def person_runs(request: HttpRequest, person: User) -> panels.Filled | None:
    runs = list(_runs().filter(requested_by=person)[:RUNS])
    return ("evaluations/_person_runs.html", {"runs": runs}) if runs else None


def found_boards(request: HttpRequest, text: str) -> panels.Filled | None:
    boards = list(
        Board.objects.filter(current=True, title__icontains=text).defer("facets")[:FRONT_BOARDS]
    )
    return ("evaluations/_found_boards.html", {"boards": boards}) if boards else None


def _runs() -> Any:
    return (
        Run.objects.select_related("checkpoint__variant")
        .prefetch_related("items__recipe__benchmark_version__benchmark")
        .defer("log_tail", "checkpoint__files")
        .order_by("-pk")
    )


panels.register("front", front_boards, order=10)
panels.register("front_side", front_runs, order=30)
panels.register("variant", variant_scores, order=10)
panels.register("variant_side", variant_runs, order=30)
panels.register("dataset", dataset_benchmarks, order=20)
panels.register("person", person_runs, order=30)
panels.register("search", found_boards, order=30)
