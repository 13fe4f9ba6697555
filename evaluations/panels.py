"""What measuring puts on the hub's pages; registered when this is imported (apps.py)."""

from typing import Any

from django.http import HttpRequest

from evaluations import leaderboards
from evaluations.models import Benchmark, Board, Run, Standing
from evaluations.paired import Comparison, comparisons, newest_measured, parent_of
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
    """Scores beside the parent's under identical recipes, and where the variant stands."""
    checkpoint = newest_measured(variant)
    parent = parent_of(variant) if checkpoint else None
    rows = [_row(each) for each in comparisons(checkpoint, parent)] if checkpoint else []
    standings = Standing.objects.filter(variant=variant, board__current=True)
    context = {
        "checkpoint": checkpoint,
        "parent": parent,
        "rows": rows,
        "standings": standings.select_related("board").defer("values", "board__facets"),
        "live": _runs().live().filter(checkpoint__variant=variant),
        "with_parent": any(row["comparison"].parent for row in rows),
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


def _row(each: Comparison) -> dict[str, Any]:
    """In the unit that pages write: percent for proportions."""
    version = each.score.recipe.benchmark_version
    factor = 100 if version.unit == "proportion" else 1

    def written(value: float | None) -> float | None:
        return None if value is None else value * factor

    parent = each.parent
    return {
        "comparison": each,
        "version": version,
        "recipe": each.score.recipe,
        "unit": "%" if factor == 100 else version.unit,
        "places": 1 if factor == 100 else 3,
        "value": written(each.score.value),
        "stderr": written(each.score.stderr),
        "parent_value": written(parent.value) if parent else None,
        "parent_stderr": written(parent.stderr) if parent else None,
        "delta": written(each.delta),
        "delta_stderr": written(each.stderr),
        "lower_is_better": not version.higher_is_better,
    }


panels.register("front", front_boards, order=10)
panels.register("front_side", front_runs, order=30)
panels.register("variant", variant_scores, order=10)
panels.register("variant_side", variant_runs, order=30)
panels.register("dataset", dataset_benchmarks, order=20)
panels.register("person", person_runs, order=30)
panels.register("search", found_boards, order=30)
