"""Two loss curves as an SVG without a script, and in one sentence what they come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contributions.curves import Axis, Curve, Matched, match, thinned, value_at
from hub.drawing import Scale, round_steps, scale
from hub.templatetags.hub_format import MINUS, human_count

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 16, 40
MOST_CORNERS = 600
TABLE_ROWS = 6
# Losses of the first steps are many times the last; what matters would be a flat line below them.
WARM_UP = 0.2


@dataclass(frozen=True)
class CurveChart:
    """Places in the units of the drawing; `rows` say the same as a table."""

    caption: str
    detail: str
    axis: str
    baseline: str
    changed: str
    end_x: str
    x_ticks: list[dict[str, str]]
    y_ticks: list[dict[str, str]]
    rows: list[dict[str, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM
    top: int = TOP


def draw(baseline: Curve, changed: Curve) -> CurveChart:
    """What stands above the losses after its first fifth is left out of the drawing, not of the table."""
    matched = match(baseline, changed)
    axis: Axis = matched.axis if matched else "steps"
    curves = (baseline, changed)
    lines = [thinned(curve, axis, MOST_CORNERS) for curve in curves]
    last = max(curve.along(axis)[-1] for curve in curves)
    ceiling, floor = _span(lines)
    steps = round_steps(floor, ceiling)
    x = scale(0, last, LEFT, WIDTH - RIGHT)
    y = scale(min(steps[0], floor), max(steps[-1], ceiling), HEIGHT - BOTTOM, TOP)
    drawn = [[(place, loss) for place, loss in line if loss <= ceiling] for line in lines]
    return CurveChart(
        caption=caption(matched),
        detail=_detail(matched),
        axis=axis,
        baseline=_path(drawn[0], x, y),
        changed=_path(drawn[1], x, y),
        end_x=f"{x(matched.at):.1f}" if matched else "",
        x_ticks=[{"x": f"{x(one):.1f}", "text": place_text(one)} for one in round_steps(0, last)],
        y_ticks=[{"y": f"{y(one):.1f}", "text": f"{one:g}"} for one in steps],
        rows=_rows(baseline, changed, matched),
    )


def _span(lines: Sequence[Sequence[tuple[float, float]]]) -> tuple[float, float]:
    """Highest and lowest loss once each curve, by its own length, has warmed up."""
    settled = [
        loss
        for line in lines
        for place, loss in line
        if place >= line[0][0] + WARM_UP * (line[-1][0] - line[0][0])
    ]
    return max(settled), min(settled)


def _path(points: Sequence[tuple[float, float]], x: Scale, y: Scale) -> str:
    corners = (f"{x(place):.1f} {y(loss):.1f}" for place, loss in points)
    return "M" + "L".join(corners) if points else ""


def place_text(place: float) -> str:
    return human_count(round(place)).replace(".0", "")


def unit_of(axis: str) -> str:
    return "tokens" if axis == "tokens" else "steps"


def caption(matched: Matched | None) -> str:
    """“Loss 0.041 lower at 100 B tokens”."""
    if matched is None:
        return "The two curves have no range in common, so their losses are not compared"
    where = f"{place_text(matched.at)} {unit_of(matched.axis)}"
    if f"{abs(matched.delta):.3f}" == "0.000":
        return f"Loss the same to three decimals at {where}"
    way = "lower" if matched.delta < 0 else "higher"
    return f"Loss {abs(matched.delta):.3f} {way} at {where}"


def _detail(matched: Matched | None) -> str:
    if matched is None:
        return ""
    unit = unit_of(matched.axis)
    return (
        f"{matched.changed:.3f} against {matched.baseline:.3f}: means over the last "
        f"{place_text(matched.window)} {unit} that both cover."
    )


def _rows(baseline: Curve, changed: Curve, matched: Matched | None) -> list[dict[str, str]]:
    if matched is None:
        return []
    start, end = matched.start, matched.at
    places = [start + (end - start) * at / (TABLE_ROWS - 1) for at in range(TABLE_ROWS)]
    return [_row(baseline, changed, matched.axis, place) for place in places]


def _row(baseline: Curve, changed: Curve, axis: Axis, place: float) -> dict[str, Any]:
    mine, theirs = value_at(changed, axis, place), value_at(baseline, axis, place)
    return {
        "place": place_text(place),
        "baseline": f"{theirs:.3f}",
        "changed": f"{mine:.3f}",
        "delta": f"{mine - theirs:+.3f}".replace("-", MINUS),
    }
