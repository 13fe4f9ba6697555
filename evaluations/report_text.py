"""A report in words: what got better and worse, and Markdown to copy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from evaluations.report import Report
from evaluations.report_rows import Compared, Row
from hub.templatetags.hub_format import MINUS

READING = (
    "Identical recipes only. ± is one standard error, brackets are 95 % intervals; better and worse "
    "are settled at 5 % over all recipes together (Holm)."
)
PIPE = str.maketrans({"|": "\\|", "\n": " "})


@dataclass(frozen=True)
class Sentence:
    """`tone` is a class of the site's: t-good, t-bad, t-warn or nothing."""

    tone: str
    icon: str
    text: str


def sentences(report: Report) -> list[Sentence]:
    """What changed against the parent, named; then what cannot be said, and what moved."""
    if report.parent is None or not report.rows:
        return _moves(report)
    name = report.parent.name
    told = [
        _told("t-good", "arrow-up", f"Better than {name} on", report.better),
        _told("t-bad", "arrow-down", f"Worse than {name} on", report.worse),
    ]
    if report.unclear:
        names = listed(f"{row.name} ({difference(row, row.parent)})" for row in report.unclear)
        told.append(Sentence("", "circle-minus", f"Not distinguishable from {name} on {names}."))
    if report.uncompared:
        told.append(_uncompared(report, name))
    return [one for one in told if one] + _moves(report)


def _told(tone: str, icon: str, start: str, rows: Sequence[Row]) -> Sentence | None:
    if not rows:
        return None
    each = (f"{row.name} by {difference(row, row.parent, signed=False)}" for row in rows)
    return Sentence(tone, icon, f"{start} {listed(each)}.")


def _uncompared(report: Report, name: str) -> Sentence:
    names = listed(row.name for row in report.uncompared)
    if report.parent and report.parent.checkpoint is None:
        return Sentence(
            "t-warn", "circle-dashed", f"{name} is not in the catalogue: no comparison."
        )
    states = {row.parent.other.state for row in report.uncompared}
    if states <= {"waiting", "running"}:
        return Sentence("", "loader", f"{name} is being measured on {names}.")
    text = f"No counterpart on {names}: {name} was not measured under that recipe."
    return Sentence("t-warn", "circle-dashed", text)


def _moves(report: Report) -> list[Sentence]:
    if not report.moved:
        return []
    each = (
        f"{row.name} by {number(row, row.moved.delta, signed=True)} against {row.moved.words}"
        for row in report.moved
        if row.moved
    )
    return [
        Sentence("t-warn", "triangle-alert", f"Moved since it was last measured: {listed(each)}.")
    ]


def chosen(report: Report) -> str:
    """Which references, and why these; empty without any."""
    if not report.references:
        return ""
    each = (f"{one.variant} ({one.why})" for one in report.references)
    return f"For reference: {listed(each)}."


def number(row: Row, value: float | None, *, signed: bool = False) -> str:
    """In the unit that pages write, with a true minus sign; empty for None."""
    shown = row.written(value)
    if shown is None:
        return ""
    return f"{shown:{'+' if signed else ''}.{row.places}f}".replace("-", MINUS)


def difference(row: Row, compared: Compared, *, signed: bool = True) -> str:
    """“+3.2 ±1.1 points”; without `signed` how much, whichever way."""
    delta = compared.delta if signed or compared.delta is None else abs(compared.delta)
    error = f" ±{number(row, compared.stderr)}" if compared.stderr is not None else ""
    unit = "points" if row.in_percent else row.unit
    return f"{number(row, delta, signed=signed)}{error} {unit}"


def listed(parts: Iterable[str]) -> str:
    every = list(parts)
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)


def report_markdown(report: Report) -> str:
    """The report as GitHub reads it: sentences, one table, how to read it."""
    lines = [
        f"### Evaluation of {report.checkpoint.variant} at `{report.checkpoint.commit[:12]}`",
        "",
        *(f"- {one.text}" for one in sentences(report)),
    ]
    if report.rows:
        lines += ["", *_table(report), "", READING]
    if report.references:
        lines += ["", chosen(report)]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _table(report: Report) -> list[str]:
    parent = report.parent.name if report.parent else ""
    names = [str(one.variant) for one in report.references]
    heads = ["Benchmark", str(report.checkpoint.variant)]
    heads += [parent, "Difference", "Gained / lost", ""] if parent else []
    heads += names
    ruler = ["---", "---:", *(["---:", "---:", "---:", "---"] if parent else [])]
    rows = [_cells(row, with_parent=bool(parent)) for row in report.rows]
    table = [heads, [*ruler, *["---:"] * len(names)], *rows]
    return ["| " + " | ".join(cells) + " |" for cells in table]


def _cells(row: Row, *, with_parent: bool) -> list[str]:
    url = f"{settings.SITE_URL}{row.recipe.get_absolute_url()}"
    lower = "" if row.version.higher_is_better else ", lower is better"
    name = f"[{row.name.translate(PIPE)}]({url}), {row.unit.translate(PIPE)}{lower}"
    cells = [name, _value(row, row.mine.score, row.mine.words)]
    if with_parent:
        parent = row.parent
        cells += [
            _value(row, parent.other.score, parent.other.words),
            _change(row),
            _samples(parent),
        ]
        cells += [{"unclear": "not distinguishable"}.get(parent.verdict, parent.verdict)]
    return cells + [_value(row, one.other.score, one.other.words) for one in row.references]


def _value(row: Row, score: object, absent: str) -> str:
    value, stderr = getattr(score, "value", None), getattr(score, "stderr", None)
    if value is None:
        return absent.translate(PIPE)
    error = f" ±{number(row, stderr)}" if stderr is not None else ""
    return f"{number(row, value)}{error}"


def _change(row: Row) -> str:
    ends = row.parent.interval
    if row.parent.delta is None:
        return ""
    delta = number(row, row.parent.delta, signed=True)
    if ends is None:
        return delta
    error = number(row, row.parent.stderr)
    low, high = (number(row, end, signed=True) for end in ends)
    return f"{delta} ±{error} [{low}, {high}]"


def _samples(compared: Compared) -> str:
    return "" if compared.pair is None else f"{compared.gained} / {compared.lost}"
