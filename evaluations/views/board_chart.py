"""Score against parameters with the Pareto front, drawn on the server: an SVG without a script."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.drawing import round_steps, scale
from hub.templatetags.hub_format import human_count

WIDTH, HEIGHT = 720, 280
LEFT, RIGHT, TOP, BOTTOM = 44, 24, 16, 36
LEAST_POINTS = 3
LABELS = 6


@dataclass(frozen=True)
class Chart:
    """Positions in the units of the drawing; `caption` says what it shows in one sentence."""

    caption: str
    summary: str
    front: str
    whiskers: str
    points: list[dict[str, Any]] = field(default_factory=list)
    front_points: list[dict[str, str]] = field(default_factory=list)
    x_ticks: list[dict[str, Any]] = field(default_factory=list)
    y_ticks: list[dict[str, Any]] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT


def draw(rows: Sequence[Sequence[Any]]) -> Chart | None:
    """From Board.facets["chart"]: [parameters, average, stderr, name, on the front]. None for too few."""
    if len(rows) < LEAST_POINTS or len({row[0] for row in rows}) < 2:
        return None
    sizes = [math.log10(row[0]) for row in rows]
    lows = [row[1] - 1.96 * (row[2] or 0) for row in rows]
    highs = [row[1] + 1.96 * (row[2] or 0) for row in rows]
    margin = 0.04 * (max(sizes) - min(sizes))
    x = scale(min(sizes) - margin, max(sizes) + margin, LEFT, WIDTH - RIGHT)
    steps = round_steps(min(lows), max(highs))
    y = scale(min(steps[0], *lows), max(steps[-1], *highs), HEIGHT - BOTTOM, TOP)
    front = [row for row in rows if row[4]]
    places = {row[3]: (x(math.log10(row[0])), y(row[1])) for row in rows}
    labelled = _labelled([(row[3], *places[row[3]]) for row in reversed(front)])
    points = [_point(row, *places[row[3]], labelled=row[3] in labelled) for row in rows]
    corners = [f"{x(math.log10(row[0])):.1f} {y(row[1]):.1f}" for row in front]
    whiskers = "".join(
        f"M{point['x']} {y(high):.1f}V{y(low):.1f}"
        for point, low, high in zip(points, lows, highs, strict=True)
        if low < high
    )
    return Chart(
        caption=_caption(rows),
        summary="; ".join(f"{row[3]} {row[1]:.1f} at {human_count(row[0])}" for row in front),
        front="M" + "L".join(corners),
        whiskers=whiskers,
        front_points=[_front_row(row) for row in reversed(front)],
        points=sorted(points, key=lambda point: point["on"]),
        x_ticks=_size_ticks(min(sizes), max(sizes), x),
        y_ticks=[{"y": f"{y(step):.1f}", "text": f"{step:g}"} for step in steps],
    )


def _labelled(front: list[tuple[str, float, float]]) -> set[str]:
    """The best ones whose names do not run into each other."""
    kept: list[tuple[str, float, float]] = []
    for name, x, y in front:
        clear = all(abs(x - other_x) > 170 or abs(y - other_y) > 16 for _, other_x, other_y in kept)
        if clear and len(kept) < LABELS:
            kept.append((name, x, y))
    return {name for name, _, _ in kept}


def _point(row: Sequence[Any], x: float, y: float, *, labelled: bool) -> dict[str, Any]:
    owner, _, name = row[3].partition("/")
    late = x > WIDTH * 0.72
    return {
        "x": f"{x:.1f}",
        "y": f"{y:.1f}",
        "on": row[4],
        "owner": owner,
        "name": name,
        "title": f"{row[3]}: {row[1]:.1f} at {human_count(row[0])}",
        "label": name if labelled else "",
        "label_x": f"{x - 8 if late else x + 8:.1f}",
        "label_y": f"{y - 7:.1f}",
        "anchor": "end" if late else "start",
    }


def _front_row(row: Sequence[Any]) -> dict[str, str]:
    owner, _, name = row[3].partition("/")
    pm = "" if row[2] is None else f"{row[2]:.1f}"
    return {
        "owner": owner, "name": name, "size": human_count(row[0]), "average": f"{row[1]:.1f}", "pm": pm,
    }  # fmt: skip


def _size_ticks(low: float, high: float, x: Any) -> list[dict[str, Any]]:
    """1, 2 and 5 of each power of ten; only the powers where the range is wide."""
    steps = (1, 2, 5) if high - low < 2 else (1,)
    powers = range(math.floor(low), math.ceil(high) + 1)
    marks = [math.log10(m) + power for power in powers for m in steps]
    inside = [mark for mark in marks if low - 0.03 <= mark <= high + 0.03]
    return [
        {"x": f"{x(mark):.1f}", "text": human_count(round(10**mark)).replace(".0", "")}
        for mark in inside
    ]


def _caption(rows: Sequence[Sequence[Any]]) -> str:
    best = max(rows, key=lambda row: row[1])
    near = [row for row in rows if row[0] < best[0] and row[1] >= 0.9 * best[1] > 0]
    name = best[3].partition("/")[2]
    if not near:
        return f"{name} leads with {best[1]:.1f}; nothing smaller comes within a tenth of it"
    small = min(near, key=lambda row: row[0])
    share = 100 * small[0] / best[0]
    behind = best[1] - small[1]
    return (
        f"{small[3].partition('/')[2]} comes within {behind:.1f} points of the best, {name}, "
        f"with {share:.0f} % of its parameters"
    )
