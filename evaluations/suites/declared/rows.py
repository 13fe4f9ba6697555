"""From what people send to rows: JSON lines or CSV, bounded. Stdlib only; run it in sandbox.py."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any

MOST_ROWS = 20_000
MOST_BYTES = 8 << 20
MOST_COLUMNS = 64
LONGEST_VALUE = 64_000
DEEPEST = 6

Row = dict[str, Any]


class BadRows(ValueError):
    """Data that is not what it says it is; the message names the row."""


def read_rows(data: bytes, *, is_csv: bool = False) -> list[Row]:
    """Raises BadRows. Rows are objects with text keys; no NaN, no NUL, nothing nested deeply."""
    if len(data) > MOST_BYTES:
        raise BadRows(f"It is larger than {MOST_BYTES >> 20} MiB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRows("It is not UTF-8 text.") from None
    if "\x00" in text:
        raise BadRows("NUL characters are not allowed.")
    rows: list[Row] = []
    for row in _csv_rows(text) if is_csv else _json_rows(text):
        rows.append(row)
        if len(rows) > MOST_ROWS:
            raise BadRows(f"It has more than {MOST_ROWS:,} rows.")
    if not rows:
        raise BadRows("It has no rows.")
    return rows


def write_rows(rows: list[Row]) -> bytes:
    """Rows as they are kept: JSON lines, so that one digest means one content."""
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _json_rows(text: str) -> Iterator[Row]:
    # Not splitlines(): JSON texts may hold U+2028 and its like unescaped.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_constant=_refuse_constant)
        except RecursionError:
            raise BadRows(f"Row {number} is nested too deeply.") from None
        except ValueError as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise BadRows(f"Row {number} is not JSON: {why[:100]}.") from None
        if not isinstance(row, dict):
            raise BadRows(f"Row {number} is not an object.")
        _check(row, number)
        yield row


def _csv_rows(text: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_VALUE)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if len(set(reader.fieldnames or ())) != len(reader.fieldnames or ()):
            raise BadRows("Two columns have the same name.")
        for number, row in enumerate(reader, start=1):
            if None in row or None in row.values():
                raise BadRows(f"Row {number} has not as many values as there are columns.")
            _check(row, number)
            yield row
    except csv.Error as error:
        raise BadRows(f"It is not CSV: {error}.") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _check(row: Row, number: int) -> None:
    if len(row) > MOST_COLUMNS:
        raise BadRows(f"Row {number} has more than {MOST_COLUMNS} fields.")
    _check_value(row, number, 0)


def _check_value(value: Any, number: int, depth: int) -> None:
    if depth > DEEPEST:
        raise BadRows(f"Row {number} is nested too deeply.")
    if isinstance(value, str):
        if len(value) > LONGEST_VALUE:
            raise BadRows(f"Row {number} has a value of more than {LONGEST_VALUE:,} characters.")
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise BadRows(f"Row {number} has characters that are no text.")
    elif isinstance(value, float) and not math.isfinite(value):
        raise BadRows(f"Row {number} has a number that is not finite.")
    elif isinstance(value, dict):
        for key, member in value.items():
            _check_value(key, number, depth + 1)
            _check_value(member, number, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check_value(member, number, depth + 1)
