"""Numbers as other places write them: which unit, within which bounds, and how cards and files hold them.

`.eval_results/*.yaml` of the Hugging Face Hub names neither unit nor metric: its own examples are
`20.90` (percent) and `0.412` (a proportion). What could be either is left for a person to say.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from evaluations.models import BenchmarkVersion
from hub import cards


@dataclass(frozen=True)
class Unit:
    """`sign` stands behind a number on a page; an end of None is open."""

    sign: str
    lower: float | None = None
    upper: float | None = None


UNITS: Final[Mapping[str, Unit]] = {
    "percent": Unit("%", 0.0, 100.0),
    "proportion": Unit("", 0.0, 1.0),
    "bits per byte": Unit("bits per byte", 0.0),
    "perplexity": Unit("perplexity", 0.0),
    "points": Unit("points"),
    "rating": Unit("rating"),
}
# (from, to): what a number is multiplied with.
FACTORS: Final[Mapping[tuple[str, str], float]] = {
    ("percent", "proportion"): 0.01,
    ("proportion", "percent"): 100.0,
}
# Rows read from one card or folder.
MOST_NUMBERS: Final = 200


def converted(value: float, unit: str, to: str) -> float | None:
    """`value` in another unit; None where the two do not measure the same."""
    if unit == to:
        return value
    factor = FACTORS.get((unit, to))
    return None if factor is None else value * factor


def value_problem(value: object, unit: str, version: BenchmarkVersion | None = None) -> str:
    """Why `value` cannot be a number in `unit` on this benchmark; empty if it can."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "This has to be a number."
    if not math.isfinite(value):
        return "This has to be a finite number."
    if unit not in UNITS:
        return f"There is no unit “{unit[:30]}” here. Choose one of {', '.join(UNITS)}."
    known = UNITS[unit]
    if problem := _outside(value, known.lower, known.upper, f"in {unit}"):
        return problem
    inside = None if version is None else converted(value, unit, version.unit)
    if version is None or inside is None:
        return ""
    back = 1 if unit == version.unit else FACTORS[version.unit, unit]
    lower, upper = (
        None if bound is None else bound * back
        for bound in (version.lower_bound, version.upper_bound)
    )
    return _outside(value, lower, upper, f"on {version.benchmark}")


def _outside(value: float, lower: float | None, upper: float | None, where: str) -> str:
    if lower is not None and value < lower:
        return f"{value:g} is below {lower:g}, the least possible {where}."
    if upper is not None and value > upper:
        return f"{value:g} is above {upper:g}, the most possible {where}."
    return ""


# --- Cards and files ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Reported:
    """One number as found. `unit` is empty where the file does not tell and the value could be two."""

    benchmark: str
    metric: str
    value: float
    unit: str
    note: str = ""
    source: str = ""
    reported_on: date | None = None


def in_card(metadata: Mapping[str, Any]) -> list[Reported]:
    """The numbers of a card's `model-index`. What is no finite number is left out."""
    found: list[Reported | None] = []
    for model in _listed(metadata.get("model-index")):
        for result in _listed(model.get("results")):
            data, source = _mapping(result.get("dataset")), _mapping(result.get("source"))
            metrics = _listed(result.get("metrics"))
            found.extend(_from_metric(metric, data, source) for metric in metrics)
    return [each for each in found if each is not None][:MOST_NUMBERS]


def in_eval_results(text: str) -> list[Reported]:
    """The numbers of one `.eval_results/*.yaml`. Raises ValueError with words for people."""
    rows = cards.read_yaml(text)
    if not isinstance(rows, list):
        raise ValueError(
            "A file of evaluation results is a list: each entry begins with “- dataset:”."
        )
    found = [_from_entry(_mapping(row.get("data")) or row) for row in _listed(rows)]
    return [each for each in found if each is not None][:MOST_NUMBERS]


def _from_metric(
    metric: Mapping[str, Any], data: Mapping[str, Any], source: Mapping[str, Any]
) -> Reported | None:
    value = _number(metric.get("value"))
    name = _word(data.get("name")) or _word(data.get("type"))
    if value is None or not name:
        return None
    kind = _word(metric.get("type"))
    config = _word(metric.get("name"))
    note = ", ".join(word for word in (config, _word(data.get("split"))) if word and word != kind)
    return Reported(
        benchmark=name[:120],
        metric=kind[:60],
        value=value,
        unit=guessed_unit(value, kind),
        note=note,
        source=_word(source.get("url")),
    )


def _from_entry(row: Mapping[str, Any]) -> Reported | None:
    data, source = _mapping(row.get("dataset")), _mapping(row.get("source"))
    value, name = _number(row.get("value")), _word(data.get("id"))
    if value is None or not name:
        return None
    task = _word(data.get("task_id"))
    named = name if task in ("", "default") else f"{name}:{task}"
    return Reported(
        benchmark=named[:120],
        metric="",
        value=value,
        unit=guessed_unit(value, ""),
        note=_word(row.get("notes")),
        source=_word(source.get("url")),
        reported_on=_day(_word(row.get("date"))),
    )


def guessed_unit(value: float, metric: str) -> str:
    """Empty where a person has to say: 0.412 may be a proportion, or less than half a percent."""
    if "perplexity" in metric.lower():
        return "perplexity"
    return "percent" if 1 < value <= 100 else ""


def _number(value: object) -> float | None:
    """Cards also write "20.0 +- 1.2" and "71.3%"."""
    if isinstance(value, str):
        try:
            value = float(value.replace("%", " ").replace("±", " ").replace("+-", " ").split()[0])
        except (ValueError, IndexError):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _listed(value: object) -> Iterable[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _word(value: object) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""
