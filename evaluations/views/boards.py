"""Leaderboards: the list of boards, and one board in every filter, order and format."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Count
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from evaluations import leaderboards
from evaluations.filters import BOARD_SORTING, BoardFilter
from evaluations.forms import BoardForm
from evaluations.leaderboards import BoardPage, Column, View
from evaluations.models import Board, Run
from evaluations.views.board_chart import draw
from evaluations.views.board_table import heads_of, link_to, rows_of
from hub.http import render_page
from hub.keyset import BadCursor
from hub.listing import read_list
from hub.models.lineage import DATA_RELATIONS, Relation


@require_safe
def board_list(request: HttpRequest) -> HttpResponse:
    """Every current board with its leaders; one query for all of these."""
    boards = Board.objects.filter(current=True).defer("facets")
    listing = read_list(request, boards, filters=BoardFilter, sorting=BOARD_SORTING)
    found = leaderboards.leaders(listing.rows)
    context = {
        "section": "boards",
        "listing": listing,
        "boards": [{"board": board, "leaders": found[board.pk]} for board in listing.rows],
    }
    return render_page(request, "evaluations/board_list.html", context)


@require_safe
def board_detail(request: HttpRequest, slug: str, version: int | None = None) -> HttpResponseBase:
    which = {"current": True} if version is None else {"version": version}
    board = get_object_or_404(Board, slug=slug, **which)
    piece = bool(request.htmx)  # type: ignore[attr-defined]
    form = BoardForm(request.GET, leaderboards.columns_of(board, whole=not piece))
    form.is_valid()
    view = form.asked()
    if request.GET.get("format") in EXPORTS:
        return EXPORTS[request.GET["format"]](board, view, form.columns)
    try:
        found = leaderboards.page(board, view, form.columns)
    except BadCursor:
        form.add_error("cursor", "That place in the list is not known; this is its start.")
        found = leaderboards.page(board, form.asked(), form.columns)
    context = _table(request, found) | {"section": "boards", "form": form, "board": board}
    if not piece or request.htmx.boosted or request.htmx.history_restore_request:  # type: ignore[attr-defined]
        context |= _around(board, form.columns)
    return render_page(request, "evaluations/board_detail.html", context, partial="standings")


def _table(request: HttpRequest, found: BoardPage) -> dict[str, Any]:
    """What the swapped part needs."""
    data = request.GET
    rows, scales = rows_of(found)
    board = found.board
    if board.current:
        api = reverse("api_standing_list", args=[board.slug])
    else:
        api = reverse("api_board_version_standings", args=[board.slug, board.version])
    return {
        "view": found.view,
        "rows": rows,
        "heads": heads_of(found, data, scales),
        "live": _live_runs(found.columns),
        "next_url": found.next and link_to(data, cursor=found.next),
        "previous_url": found.previous and link_to(data, cursor=found.previous),
        "csv_url": link_to(data, format="csv", cursor=None),
        "json_url": link_to(data, format="json", cursor=None),
        "api_url": f"{api}{link_to(data, format=None)}".removesuffix("?"),
        "clear_url": request.path,
        "relation_names": dict(Relation.choices),
    }


def _around(board: Board, columns: list[Column]) -> dict[str, Any]:
    """What stands around the table, and only in a whole page."""
    weights = {column.weight for column in columns}
    known = {str(relation) for relation in Relation} - {str(each) for each in DATA_RELATIONS}
    words = dict(Relation.choices)
    relations = [
        (value, words[value]) for value, _ in board.facets.get("relation", []) if value in known
    ]
    return {
        "columns": columns,
        "equal_weights": len(weights) <= 1,
        "trial": any(column.link.recipe.limit is not None for column in columns),
        "licences": [value for value, _ in board.facets.get("licence", [])],
        "relations": [*relations, (leaderboards.BASE, "base model")] if relations else [],
        "chart": draw(board.facets.get("chart", [])),
        "versions": Board.objects.filter(slug=board.slug).exclude(pk=board.pk).defer("facets"),
    }


def _live_runs(columns: list[Column]) -> dict[str, int]:
    """How many runs for these recipes wait and how many are at work: {"queued", "working"}."""
    recipes = [column.link.recipe_id for column in columns]
    live = Run.objects.live().filter(items__recipe__in=recipes).order_by()
    by_state = dict(live.values_list("state").annotate(Count("pk", distinct=True)))
    queued = by_state.pop("queued", 0)
    return {"queued": queued, "working": sum(by_state.values())}


# --- Exports: the same filters and order, from the start ----------------------------------------


def _as_json(board: Board, view: View, columns: list[Column]) -> HttpResponseBase:
    lines = _json_lines(board, view, columns)
    answer = StreamingHttpResponse(lines, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{board.slug}.json"'
    return answer


def _json_lines(board: Board, view: View, columns: list[Column]) -> Iterator[str]:
    head = {
        "board": board.slug,
        "version": board.version,
        "ranked_at": board.ranked_at,
        "recipes": {column.key: column.link.recipe.digest for column in columns},
    }
    yield json.dumps(head, cls=DjangoJSONEncoder).removesuffix("}") + ', "results": ['
    comma = "\n"
    for result in leaderboards.every_result(board, view, columns):
        yield comma + result
        comma = ",\n"
    yield "\n]}\n"


def _as_csv(board: Board, view: View, columns: list[Column]) -> HttpResponseBase:
    answer = StreamingHttpResponse(_csv_lines(board, view, columns), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="{board.slug}.csv"'
    return answer


FACTS = (
    "rank", "rank_low", "rank_high", "variant", "average", "stderr", "parent", "delta",
    "delta_stderr", "relation", "licence", "parameters",
)  # fmt: skip


class _Echo:
    """A file for the csv module that hands each line back."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(board: Board, view: View, columns: list[Column]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    keys = [column.key for column in columns]
    yield writer.writerow([*FACTS, *(f"{key}{end}" for key in keys for end in ("", "_stderr"))])
    for row in map(json.loads, leaderboards.every_result(board, view, columns)):
        scores = [row["scores"][key] or {"value": None, "stderr": None} for key in keys]
        numbers = [score[end] for score in scores for end in ("value", "stderr")]
        yield writer.writerow([*(_harmless(row[name]) for name in FACTS), *numbers])


def _harmless(value: object) -> object:
    """Names that a spreadsheet would take for a formula are quoted."""
    risky = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if risky else value


EXPORTS = {"csv": _as_csv, "json": _as_json}
