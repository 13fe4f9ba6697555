"""A board's rows as they are written: numbers as text in one precision a column, bars as lengths.

Everything is text before the template sees it: 50 rows of scores through nested includes cost more
than reading them from the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from evaluations.disputes import Mark, marks_of
from evaluations.leaderboards import BoardPage, Column, View
from evaluations.models import RunItem
from evaluations.models.run import Run
from hub import drift
from hub.models.lineage import Relation
from hub.templatetags.hub_format import MINUS, human_count, licence_name

Z95 = 1.96
RELATIONS: dict[str, str] = {str(value): str(words) for value, words in Relation.choices}


@dataclass(frozen=True)
class Scale:
    """How a column's numbers are written, and where its bars begin and end."""

    factor: float = 1.0
    places: int = 1
    unit: str = ""
    low: float = 0.0
    high: float = 100.0
    best: float | None = None

    def text(self, value: float) -> str:
        return f"{value * self.factor:.{self.places}f}".replace("-", MINUS)

    def at(self, value: float) -> str:
        """Where on a bar of length 100; held inside, so that one outlier stays on the page."""
        share = 100 * (value - self.low) / ((self.high - self.low) or 1)
        return f"{min(100.0, max(0.0, share)):.1f}"


@dataclass(frozen=True)
class Head:
    """The head of one column: what it says, where a click leads, whether it sorts now."""

    label: str
    unit: str
    link: str
    sorted: str
    title: str = ""
    note: str = ""


def link_to(data: QueryDict, **changes: str | None) -> str:
    """The same page with other parameters; None takes one away."""
    query = data.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}" if query else "?"


def scale_of(column: Column, spans: Mapping[str, Any], *, raw: bool) -> Scale:
    """Proportions are written as percentages; other units with three figures or so."""
    span = spans.get(str(column.id))
    share = column.version.unit == "proportion"
    if span is None:
        return Scale()
    low, high, best = span["low"], span["high"], span["best"]
    if raw:
        unit = "%" if share else column.version.unit
        places = 1 if share or abs(high) >= 20 else 3
        return Scale(100.0 if share else 1.0, places, unit, low, high, best)
    if span["floor"] is None or span["anchor"] is None:
        return Scale(unit="of 100")
    floor, stretch = span["floor"], 100 / (span["anchor"] - span["floor"])
    ends = sorted((stretch * (low - floor), stretch * (high - floor)))
    return Scale(1.0, 1, "of 100", ends[0], ends[1], stretch * (best - floor))


def heads_of(found: BoardPage, data: QueryDict, scales: Mapping[int, Scale]) -> dict[str, Any]:
    """{"rank": Head, …, "columns": [Head, …]}"""
    total = sum(column.weight for column in found.columns) or 1
    heads: dict[str, Any] = {
        name: _head(found.view, data, name, label, first, unit)
        for name, label, first, unit in (
            ("rank", "#", "rank", ""),
            ("average", "Average", "-average", "of 100"),
            ("name", "Variant", "name", ""),
            ("parent", "Parent", "parent", ""),
            ("parameters", "Parameters", "-parameters", ""),
            ("licence", "Licence", "licence", ""),
        )
    }
    heads["columns"] = [
        _head(
            found.view,
            data,
            column.key,
            column.label,
            f"-{column.key}" if column.version.higher_is_better else column.key,
            scales[column.id].unit,
            f"{100 * column.weight / total:.0f} % of the average",
            "" if column.version.higher_is_better or not found.view.raw else "lower is better",
        )
        for column in found.columns
    ]
    return heads


def _head(
    view: View,
    data: QueryDict,
    name: str,
    label: str,
    first: str,
    unit: str,
    title: str = "",
    note: str = "",
) -> Head:
    turned = first.removeprefix("-") if first.startswith("-") else f"-{first}"
    current = view.ordering.removeprefix("-") == name
    ordering = turned if current and view.ordering == first else first
    down = view.ordering.startswith("-")
    way = ("descending" if down else "ascending") if current else ""
    return Head(label, unit, link_to(data, ordering=ordering, cursor=None), way, title, note)


def rows_of(found: BoardPage) -> tuple[list[dict[str, Any]], dict[int, Scale]]:
    """The rows ready to be written, and each column's scale."""
    spans = found.board.facets.get("columns", {})
    scales = {c.id: scale_of(c, spans, raw=found.view.raw) for c in found.columns}
    average = spans.get("average") or {"low": 0.0, "high": 100.0, "best": None}
    scale = Scale(1.0, 1, "", average["low"], average["high"], average["best"])
    under_way = _under_way(found)
    marks = marks_of([row["variant_id"] for row in found.rows])
    runs = reverse("run_list")
    rows = [_row(row, found, scales, scale, under_way, runs) for row in found.rows]
    moved = drift.marks_of([row["checkpoint_id"] for row in found.rows])
    for row in rows:
        row["mark"] = _marked(marks.get(row["variant_id"]))
        row["origin"] = drift.MARKS.get(moved.get(row["checkpoint_id"], ""), "")
    return rows, scales


def _row(
    row: dict[str, Any],
    found: BoardPage,
    scales: Mapping[int, Scale],
    average: Scale,
    under_way: set[tuple[int, int]],
    runs: str,
) -> dict[str, Any]:
    raw = found.view.raw
    cells: list[dict[str, Any]] = []
    for column in found.columns:
        cell = row["values"].get(str(column.id))
        if cell is None:
            running = (row["checkpoint_id"], column.link.recipe_id) in under_way
            cells.append({"absent": "being measured" if running else "not measured"})
            continue
        value, stderr = (
            (cell["value"], cell["stderr"]) if raw else (cell["normalised"], cell["spread"])
        )
        written = _written(value, stderr, scales[column.id])
        # Bars where they are compared: the average, and the column that sorts.
        barred = len(found.columns) == 1 or found.view.ordering.removeprefix("-") == column.key
        cells.append({**written, "url": f"{runs}{cell['run']}/", "n": cell["n"], "barred": barred})
    return {
        **row,
        "place": _place(row),
        "url": reverse("variant_detail", args=[row["owner"], row["name"]]),
        "full_name": f"{row['owner']}/{row['name']}",
        "size": human_count(row["parameters"]),
        "relation": RELATIONS.get(row["relation"], row["relation"]),
        "licence_name": licence_name(row["licence"]) if row["licence"] else "",
        "average": None
        if row["average"] is None
        else _written(row["average"], row["stderr"], average),
        "delta": _delta(row),
        "cells": cells,
    }


def _written(value: float, stderr: float | None, scale: Scale) -> dict[str, Any]:
    half = Z95 * (stderr or 0.0)
    return {
        "text": scale.text(value),
        "pm": "" if stderr is None else scale.text(stderr),
        "low": scale.at(value - half),
        "high": scale.at(value + half),
        "point": scale.at(value),
        "best": scale.best is not None and abs(value - scale.best) < 1e-9,
    }


def _marked(mark: Mark | None) -> dict[str, str] | None:
    if mark is None:
        return None
    url = reverse("contribution_detail", args=[mark.number])
    return {"words": mark.words, "title": mark.title, "url": url}


def _place(row: Mapping[str, Any]) -> str:
    """`1–2`: the ranks that the intervals leave open; the plain rank where they are unknown."""
    if row["rank"] is None:
        return ""
    low, high = row["rank_low"], row["rank_high"]
    if low is None or low == high:
        return str(row["rank"])
    return f"{low}–{high}"


def _delta(row: Mapping[str, Any]) -> dict[str, Any] | None:
    delta, stderr = row["delta"], row["delta_stderr"]
    if delta is None:
        return None
    sure = stderr is not None and abs(delta) > Z95 * stderr
    sign = "+" if delta > 0 else (MINUS if delta < 0 else "")
    return {
        "text": f"{sign}{abs(delta):.1f}",
        "pm": "" if stderr is None else f"{stderr:.1f}",
        "tone": ("up" if delta > 0 else "down") if sure else "",
    }


def _under_way(found: BoardPage) -> set[tuple[int, int]]:
    """(checkpoint, recipe) of what this page misses and a run is about to measure."""
    waiting = [row["checkpoint_id"] for row in found.rows if row["missing"]]
    if not waiting:
        return set()
    items = RunItem.objects.filter(
        run__checkpoint__in=waiting, run__state__in=Run.live_states(), live=True
    )
    return set(items.values_list("run__checkpoint_id", "recipe_id"))
