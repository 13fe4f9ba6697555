"""A report as templates/evaluations/_report.html is handed it: numbers in the units that pages write."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from evaluations.certainty import words_of
from evaluations.models import Recipe
from evaluations.report import Report
from evaluations.report_rows import Compared, Row
from evaluations.report_text import chosen, report_markdown, sentences
from evaluations.resolution import resolution_of
from evaluations.tiers import Spread, spreads_of


def shown(report: Report) -> dict[str, Any]:
    checkpoint = report.checkpoint
    spreads = spreads_of(row.mine.score for row in report.rows if row.mine.score)
    return {
        "report": report,
        "sentences": sentences(report),
        "chosen": chosen(report),
        "rows": [_row(row, spreads) for row in report.rows],
        "markdown": report_markdown(report),
        "api_url": reverse("api_checkpoint_report", args=[checkpoint.pk]),
        "requestable": [recipe.digest for recipe in report.requestable],
        "offers": _offers(report.requestable),
    }


def _offers(recipes: Sequence[Recipe]) -> list[dict[str, str]]:
    """What each run of the parent could tell, before somebody asks for it."""
    told = resolution_of(recipes) if recipes else {}
    return [
        {
            "name": recipe.benchmark_version.benchmark.name,
            "words": told[recipe.pk].words if recipe.pk in told else "",
        }
        for recipe in recipes
    ]


def _row(row: Row, spreads: Mapping[int, Spread]) -> dict[str, Any]:
    parent, score = row.parent, row.mine.score
    return {
        "row": row,
        "places": row.places,
        "value": row.written(score.value) if score else None,
        "stderr": row.written(score.stderr) if score else None,
        "certainty": words_of(score, row.version) if score else "",
        "spread": spreads[score.pk] if score else None,
        "parent": _other(row, parent),
        "references": [_other(row, one) for one in row.references],
        "delta": row.written(parent.delta),
        "delta_stderr": row.written(parent.stderr),
        "interval": _interval(row, parent),
        "sure": parent.verdict in {"better", "worse"},
        "lower_is_better": not row.version.higher_is_better,
    }


def _other(row: Row, compared: Compared) -> dict[str, Any]:
    score = compared.other.score
    return {
        "compared": compared,
        "value": row.written(score.value) if score else None,
        "stderr": row.written(score.stderr) if score else None,
        "certainty": words_of(score, row.version) if score else "",
        "url": score.get_absolute_url() if score else "",
        "delta": row.written(compared.delta),
        "delta_stderr": row.written(compared.stderr),
        "sure": compared.verdict in {"better", "worse"},
    }


def _interval(row: Row, compared: Compared) -> list[float | None]:
    return [row.written(end) for end in compared.interval or ()]
