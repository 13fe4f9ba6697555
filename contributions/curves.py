"""Loss curves: read from what training writes, compared where both have points. No Django.

Two curves are compared on tokens where both count them, else on steps, and only over the range that
both cover: at its end, each as the mean over the last twentieth of that range. The mean is taken
along the line between logged points, so that logging twice as often changes nothing.
"""

import bisect
import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

MOST_POINTS = 5000
LEAST_POINTS = 2
MOST_CHARACTERS = 2_000_000
LARGEST = 10**15
SMOOTHED = 1 / 20
STEP = ("step", "steps", "_step", "global_step", "iteration", "iter")
TOKENS = ("tokens", "consumed_tokens", "total_tokens", "num_tokens", "train_tokens")
LOSS = ("loss", "train_loss", "train/loss", "lm loss", "lm_loss", "training_loss")

Axis = Literal["tokens", "steps"]


class CurveError(Exception):
    """Why a text is no curve, in words for a person, with the line where there is one."""


@dataclass(frozen=True)
class Curve:
    """Steps strictly rise; `tokens` is empty or has one for each of them and never falls."""

    steps: tuple[int, ...]
    losses: tuple[float, ...]
    tokens: tuple[int, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Curve":
        """As `as_json` wrote it."""
        return cls(tuple(value["steps"]), tuple(value["losses"]), tuple(value["tokens"]))

    def along(self, axis: Axis) -> tuple[int, ...]:
        return self.tokens if axis == "tokens" else self.steps

    def as_json(self) -> dict[str, list[Any]]:
        return {
            "steps": list(self.steps), "tokens": list(self.tokens), "losses": list(self.losses),
        }  # fmt: skip

    def as_csv(self) -> str:
        columns = [self.steps, *([self.tokens] if self.tokens else []), self.losses]
        head = "step,tokens,loss" if self.tokens else "step,loss"
        rows = (",".join(map(str, row)) for row in zip(*columns, strict=True))
        return "\n".join([head, *rows])


@dataclass(frozen=True)
class Matched:
    """Two curves at the end of what both cover, `start` to `at` on `axis`.

    Losses are means over the last `window`; `delta` is changed minus baseline.
    """

    axis: Axis
    start: float
    at: float
    window: float
    baseline: float
    changed: float

    @property
    def delta(self) -> float:
        return self.changed - self.baseline


# --- Reading -------------------------------------------------------------------------------------


def read(value: Any) -> Curve:
    """From text (CSV or TSV with or without a head, JSON lines), a list of objects, or `as_json`.

    Raises CurveError.
    """
    if isinstance(value, str):
        return _curve(_rows_of_text(value))
    if isinstance(value, Mapping):
        return _curve(_rows_of_columns(value))
    if isinstance(value, list) and all(isinstance(row, Mapping) for row in value):
        return _curve((f"Point {at}", _row_of(row)) for at, row in enumerate(value, start=1))
    raise CurveError("A curve is text, a list of objects, or an object of steps and losses.")


Row = tuple[Any, Any, Any]


def _rows_of_columns(value: Mapping[str, Any]) -> Iterator[tuple[str, Row]]:
    columns = [value.get(name) or [] for name in ("steps", "tokens", "losses")]
    if not all(isinstance(column, list) for column in columns):
        raise CurveError("steps, tokens and losses have to be lists.")
    steps, tokens, losses = columns
    tokens = tokens or [None] * len(steps)
    if not len(steps) == len(tokens) == len(losses):
        raise CurveError("steps, tokens and losses have to be of one length.")
    for at, row in enumerate(zip(steps, tokens, losses, strict=True), start=1):
        yield f"Point {at}", row


def _rows_of_text(text: str) -> Iterator[tuple[str, Row]]:
    if len(text) > MOST_CHARACTERS:
        raise CurveError(f"Use at most {MOST_CHARACTERS:,} characters; these are {len(text):,}.")
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        return
    if lines[0][1].lstrip().startswith("{"):
        yield from _json_lines(lines)
    else:
        yield from _table(lines)


def _json_lines(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[str, Row]]:
    for number, line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise CurveError(f"Line {number} is no JSON object.") from None
        if not isinstance(value, dict):
            raise CurveError(f"Line {number} is no JSON object.")
        yield f"Line {number}", _row_of(value)


def _row_of(row: Mapping[str, Any]) -> Row:
    names = {str(name).strip().lower(): name for name in row}
    found = [_column(list(names), wanted) for wanted in (STEP, TOKENS, LOSS)]
    step, tokens, loss = (None if name is None else row[names[name]] for name in found)
    return step, tokens, loss


def _table(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[str, Row]]:
    first = lines[0][1]
    mark = next((one for one in "\t;" if one in first), ",")
    cells = [next(csv.reader([line], delimiter=mark)) for _, line in lines]
    head = [cell.strip().lower() for cell in cells[0]]
    places = _places(head)
    numbered = list(zip((number for number, _ in lines), cells, strict=True))
    for number, row in numbered if all(map(_is_number, head)) else numbered[1:]:
        if len(row) <= max(place for place in places if place is not None):
            raise CurveError(f"Line {number} has {len(row)} columns, fewer than the first.")
        step, tokens, loss = (None if place is None else row[place].strip() for place in places)
        yield f"Line {number}", (step, tokens, loss)


def _places(head: Sequence[str]) -> tuple[int, int | None, int]:
    """Where step, tokens and loss stand; without a head: step, loss or step, tokens, loss."""
    if all(map(_is_number, head)):
        if len(head) not in (2, 3):
            raise CurveError(
                "Without a head there are two columns, step and loss, or tokens between."
            )
        return 0, (1 if len(head) == 3 else None), len(head) - 1
    step, tokens, loss = (_column(head, wanted) for wanted in (STEP, TOKENS, LOSS))
    if step is None or loss is None:
        missing = "step" if step is None else "loss"
        raise CurveError(f"No column is called {missing}; there are {', '.join(head)[:200]}.")
    return head.index(step), None if tokens is None else head.index(tokens), head.index(loss)


def _column(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    """By its whole name; else the first that ends so, as “run 3 - train/loss” does."""
    for one in wanted:
        if one in names:
            return one
    return next(
        (name for name in names for one in wanted if name.endswith((f" {one}", f"/{one}"))), None
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _curve(rows: Iterable[tuple[str, Row]]) -> Curve:
    steps: list[int] = []
    tokens: list[int] = []
    losses: list[float] = []
    for where, (step, token, loss) in rows:
        if loss is None or loss == "":
            continue  # evaluation rows of a log name a step and no training loss
        if len(steps) == MOST_POINTS:
            raise CurveError(f"Use at most {MOST_POINTS:,} points: thin the log out evenly.")
        steps.append(_whole(step, where, "step"))
        losses.append(_loss(loss, where))
        if token is not None and token != "":
            tokens.append(_whole(token, where, "number of tokens"))
        if len(steps) > 1 and steps[-1] <= steps[-2]:
            raise CurveError(f"{where}: step {steps[-1]} does not come after step {steps[-2]}.")
        if len(tokens) > 1 and tokens[-1] < tokens[-2]:
            raise CurveError(f"{where}: tokens fall from {tokens[-2]:,} to {tokens[-1]:,}.")
    if len(steps) < LEAST_POINTS:
        raise CurveError(f"A curve has at least {LEAST_POINTS} points.")
    if tokens and len(tokens) != len(steps):
        raise CurveError("Either every point counts its tokens or none does.")
    # A log that counts no tokens often says so with zeros.
    return Curve(tuple(steps), tuple(losses), tuple(tokens) if tokens and tokens[-1] else ())


def _whole(value: Any, where: str, what: str) -> int:
    number = _number(value, where, what)
    if number != int(number) or not 0 <= number <= LARGEST:
        raise CurveError(f"{where}: {value} is no {what}.")
    return int(number)


def _loss(value: Any, where: str) -> float:
    return _number(value, where, "loss")


def _number(value: Any, where: str, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise CurveError(f"{where}: “{str(value)[:40]}” is no {what}.") from None
    if isinstance(value, bool) or not math.isfinite(number):
        raise CurveError(f"{where}: {value} is no finite {what}.")
    return number


# --- Comparing -----------------------------------------------------------------------------------


def match(baseline: Curve, changed: Curve) -> Matched | None:
    """None where the two have no range in common."""
    axis: Axis = "tokens" if baseline.tokens and changed.tokens else "steps"
    one, other = baseline.along(axis), changed.along(axis)
    start, at = max(one[0], other[0]), min(one[-1], other[-1])
    if start >= at:
        return None
    window = (at - start) * SMOOTHED
    ends = (mean_of(curve, axis, at - window, at) for curve in (baseline, changed))
    return Matched(axis, start, at, window, *ends)


def mean_of(curve: Curve, axis: Axis, low: float, high: float) -> float:
    """The mean of the line through the points, between two places that it covers."""
    places = curve.along(axis)
    inside = [place for place in dict.fromkeys(places) if low < place < high]
    corners = [(place, value_at(curve, axis, place)) for place in (low, *inside, high)]
    area = sum((b - a) * (left + right) / 2 for (a, left), (b, right) in pairwise(corners))
    return area / (high - low)


def value_at(curve: Curve, axis: Axis, place: float) -> float:
    """The loss there, on the line between the two points around it."""
    places = curve.along(axis)
    after = bisect.bisect_left(places, place)
    if after == len(places):
        return curve.losses[-1]
    if after == 0 or places[after] == place:
        return curve.losses[after]
    before = after - 1
    share = (place - places[before]) / (places[after] - places[before])
    return curve.losses[before] + share * (curve.losses[after] - curve.losses[before])


def thinned(curve: Curve, axis: Axis, most: int) -> list[tuple[float, float]]:
    """At most `most` corners to draw: of each stretch its lowest and highest, so that spikes stay."""
    points = list(zip(curve.along(axis), curve.losses, strict=True))
    if len(points) <= most:
        return [(float(place), loss) for place, loss in points]
    size = math.ceil(2 * len(points) / most)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        ends = {min(stretch, key=_by_loss), max(stretch, key=_by_loss)}
        kept += [(float(place), loss) for place, loss in sorted(ends)]
    return kept


def _by_loss(point: tuple[int, float]) -> float:
    return point[1]
