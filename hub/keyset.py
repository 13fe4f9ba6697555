"""Keyset pages: the cost of a page is the page, however deep it lies, and nothing is counted.

A cursor is the signed key of the row at a page's edge, so an insert while paging neither repeats nor
skips a row. Empty values sort last in both directions. A nullable first key is read as two index
scans (rows with a value, then rows without), because one condition with `OR … IS NULL` would make
PostgreSQL walk every row before the page. Pages and the API share this; there is no HTTP in here.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.signing import BadSignature, Signer
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.expressions import Combinable

MAX_SIZE = 100
Row = TypeVar("Row")


class BadCursor(ValueError):
    """Not a cursor of this list in this order."""


class UnknownOrdering(ValueError):
    """The list cannot be sorted like that; the text names what it can be sorted by."""


@dataclass(frozen=True)
class Key:
    """One column that a list is sorted by: a field path or an annotation of the queryset."""

    name: str
    descending: bool = False
    nullable: bool = False

    def lookup(self, operator: str, value: object) -> Q:
        return Q(**{f"{self.name}__{operator}": value})

    def value_of(self, row: Any) -> Any:
        if isinstance(row, Mapping):
            return row[self.name]
        for part in self.name.split("__"):
            row = getattr(row, part)
        return row


@dataclass(frozen=True)
class Sorting:
    """The orders a list offers: public name -> key. `default` is written as a caller would, `-added`."""

    choices: Mapping[str, Key]
    default: str
    tie: str = "pk"

    def keys(self, ordering: str = "") -> tuple[Key, ...]:
        """Keys for `-added` or `owner,-added`, ended by a unique one. Raises UnknownOrdering."""
        keys = [self._key(word.strip()) for word in (ordering or self.default).split(",")]
        # The direction of the tie follows the last key, so that one plain index serves both ways.
        return (*keys, Key(self.tie, descending=keys[-1].descending))

    def _key(self, word: str) -> Key:
        key = self.choices.get(word.removeprefix("-"))
        if key is None:
            raise UnknownOrdering(
                f"Cannot sort by “{word[:60]}”. Choose from {', '.join(self.choices)}; "
                "put “-” before it to turn it round."
            )
        return replace(key, descending=key.descending != word.startswith("-"))


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page in reading order; `next` and `previous` are cursors, None at an end."""

    rows: list[Row]
    next: str | None
    previous: str | None


class _RowCompare(models.Expression):
    """`(a, b) > (x, y)`: unlike the same in AND and OR, PostgreSQL starts an index scan there."""

    conditional = True

    def __init__(self, columns: Sequence[Combinable], operator: str, values: Sequence[Value]):
        super().__init__(output_field=models.BooleanField())
        self.operator = operator
        self.pieces: list[Any] = [*columns, *values]

    def get_source_expressions(self) -> list[Any]:
        return self.pieces

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        self.pieces = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        compiled = [compiler.compile(piece) for piece in self.pieces]
        half = len(compiled) // 2
        left = ", ".join(sql for sql, _ in compiled[:half])
        right = ", ".join(sql for sql, _ in compiled[half:])
        parameters = tuple(parameter for _, params in compiled for parameter in params)
        return f"({left}) {self.operator} ({right})", parameters


def paginate(
    queryset: "models.QuerySet[Any, Row]",
    keys: Sequence[Key],
    *,
    cursor: str = "",
    size: int = 50,
    most: int = MAX_SIZE,
) -> Page[Row]:
    """The page after (or before) `cursor`, at most `size` and `most` rows; one or two queries.

    Raises BadCursor when the cursor was made for another order or by somebody else.
    """
    size = max(1, min(size, most))
    forward, values = _read(cursor, keys) if cursor else (True, None)
    rows: list[Row] = []
    for part in _parts(queryset, list(keys), values, forward=forward):
        rows += part[: size + 1 - len(rows)]
        if len(rows) > size:
            break
    more = len(rows) > size
    rows = rows[:size] if forward else rows[:size][::-1]
    if not rows:
        return Page([], None, None)
    has_next, has_previous = (more, bool(cursor)) if forward else (True, more)
    return Page(
        rows,
        _write(keys, rows[-1], forward=True) if has_next else None,
        _write(keys, rows[0], forward=False) if has_previous else None,
    )


def _parts(
    queryset: "models.QuerySet[Any, Row]",
    keys: list[Key],
    values: list[Any] | None,
    *,
    forward: bool,
) -> Iterator["models.QuerySet[Any, Row]"]:
    head, *rest = keys
    if not head.nullable:
        yield _sorted(_beyond(queryset, keys, values, forward=forward), keys, forward=forward)
        return
    known = [replace(head, nullable=False), *rest]
    valued, empty = (queryset.filter(head.lookup("isnull", is_null)) for is_null in (False, True))
    in_empty = values is not None and values[0] is None
    here = (
        _sorted(_beyond(empty, rest, values[1:], forward=forward), rest, forward=forward)
        if in_empty and values is not None
        else _sorted(_beyond(valued, known, values, forward=forward), known, forward=forward)
    )
    yield here
    if forward and not in_empty:
        yield _sorted(empty, rest, forward=True)
    elif not forward and in_empty:
        yield _sorted(valued, known, forward=False)


def _sorted(
    queryset: "models.QuerySet[Any, Row]", keys: Sequence[Key], *, forward: bool
) -> "models.QuerySet[Any, Row]":
    return queryset.order_by(*(_order(key, forward=forward) for key in keys))


def _order(key: Key, *, forward: bool) -> Any:
    column = F(key.name)
    last, first = (True, None) if forward else (None, True)
    if not key.nullable:
        last = first = None
    if key.descending == forward:
        return column.desc(nulls_last=last, nulls_first=first)
    return column.asc(nulls_last=last, nulls_first=first)


def _beyond(
    queryset: "models.QuerySet[Any, Row]",
    keys: Sequence[Key],
    values: Sequence[Any] | None,
    *,
    forward: bool,
) -> "models.QuerySet[Any, Row]":
    """Rows strictly after `values` (before, when not forward)."""
    if values is None:
        return queryset
    one_way = len({key.descending for key in keys}) == 1
    if one_way and not any(key.nullable for key in keys):
        columns = [F(key.name) for key in keys]
        operator = _operator(keys[0], forward=forward)
        sign = {"gt": ">", "lt": "<"}[operator]
        return queryset.filter(_RowCompare(columns, sign, [Value(value) for value in values]))
    condition, equal = Q(), Q()
    for key, value in zip(keys, values, strict=True):
        step = _step(key, value, forward=forward)
        if step is not None:
            condition |= equal & step
        equal &= key.lookup("isnull", True) if value is None else key.lookup("exact", value)
    return queryset.filter(condition)


def _operator(key: Key, *, forward: bool) -> str:
    return "lt" if key.descending == forward else "gt"


def _step(key: Key, value: Any, *, forward: bool) -> Q | None:
    if value is None:
        return None if forward else key.lookup("isnull", False)
    beyond = key.lookup(_operator(key, forward=forward), value)
    return beyond | key.lookup("isnull", True) if key.nullable and forward else beyond


# --- Cursors ------------------------------------------------------------------------------------

_signer = Signer(sep=".", salt="hub.keyset")


def _order_mark(keys: Sequence[Key]) -> int:
    return zlib.crc32(repr([(key.name, key.descending) for key in keys]).encode())


def _write(keys: Sequence[Key], row: Any, *, forward: bool) -> str:
    values = [_pack(key.value_of(row)) for key in keys]
    return _signer.sign_object([int(forward), _order_mark(keys), values])


def _read(cursor: str, keys: Sequence[Key]) -> tuple[bool, list[Any]]:
    try:
        forward, mark, values = _signer.unsign_object(cursor)
    except (BadSignature, ValueError, TypeError) as error:
        raise BadCursor("This is not a cursor of this list.") from error
    if mark != _order_mark(keys):
        raise BadCursor("This cursor belongs to another order of the list.")
    return bool(forward), [_unpack(value) for value in values]


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, Decimal):
        return {"d": str(value)}
    return value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["t"]) if "t" in value else Decimal(value["d"])
    return value
