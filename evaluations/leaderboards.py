"""The page-shaped read of a board: what the browser, the API and the exports share.

A page is one index scan (`models/standing.py` names the index of each order), two where it holds both
the last measured row and the first that misses the value it is sorted by. Nothing is counted and
nothing is computed: ranks, choices and spans were written by actions/rank.py. Missing values come last
in every order and direction.
"""

import functools
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import NullIf

from evaluations.models import Board, Cell, Standing
from evaluations.models.board import BoardRecipe
from evaluations.models.standing import KNOWN_LICENCE, KNOWN_PARENT
from hub.keyset import Key, UnknownOrdering, paginate
from hub.models import ModelVariant

PAGE_SIZE = 50
EXPORT_ROWS = 10_000
FIELDS = (
    "id", "rank", "rank_low", "rank_high", "average", "stderr", "place", "values", "missing", "delta",
    "delta_stderr", "owner", "name", "licence", "relation", "parent_name", "parameters", "checkpoint_id",
)  # fmt: skip
PLAIN_ORDERS = ("rank", "average", "name", "parameters", "licence", "parent")
# The filter's word for variants without parents.
BASE = "base"


@dataclass(frozen=True)
class Column:
    """One recipe of a board. `key` names it in URLs and the API."""

    id: int
    key: str
    label: str
    weight: float
    link: BoardRecipe

    @property
    def version(self) -> Any:
        return self.link.recipe.benchmark_version


@dataclass(frozen=True)
class View:
    """What somebody asked to see. Parameters are counts of weights; `ordering` may start with `-`."""

    ordering: str = "rank"
    owner: str = ""
    licence: str = ""
    relation: str = ""
    text: str = ""
    min_parameters: int | None = None
    max_parameters: int | None = None
    raw: bool = True
    cursor: str = ""
    size: int = PAGE_SIZE

    @property
    def filtered(self) -> bool:
        words = (self.owner, self.licence, self.relation, self.text)
        return any(words) or (self.min_parameters, self.max_parameters) != (None, None)


@dataclass(frozen=True)
class BoardPage:
    """One page: `rows` are dicts of FIELDS, in reading order; `next` and `previous` are cursors."""

    board: Board
    columns: list[Column]
    view: View
    rows: list[dict[str, Any]] = field(default_factory=list)
    next: str | None = None
    previous: str | None = None


VERSION = "recipe__benchmark_version"
# What reading standings needs of a column; the rest of a recipe is wide.
SLIM = (
    "board", "label", "weight", "position", "recipe__digest", "recipe__limit",
    f"{VERSION}__higher_is_better", f"{VERSION}__unit", f"{VERSION}__benchmark__slug",
)  # fmt: skip


def columns_of(board: Board, *, whole: bool = False) -> list[Column]:
    """The columns in order: one query. `whole` reads all of recipe, version and benchmark."""
    read = board.columns.select_related(f"{VERSION}__benchmark")
    links = list(read if whole else read.only(*SLIM))
    slugs = [link.recipe.benchmark_version.benchmark.slug for link in links]
    return [
        Column(
            id=link.pk,
            key=slug
            if slugs.count(slug) == 1 and slug not in PLAIN_ORDERS
            else f"{slug}-{link.position}",
            label=link.label,
            weight=link.weight,
            link=link,
        )
        for link, slug in zip(links, slugs, strict=True)
    ]


def page(board: Board, view: View, columns: list[Column] | None = None) -> BoardPage:
    """One page of `board`. Raises hub.keyset.UnknownOrdering and BadCursor."""
    columns = columns_of(board) if columns is None else columns
    column, keys = order(view.ordering, columns)
    rows_wanted = _standings(board, view, keys) if column is None else _cells(column, view)
    found = paginate(rows_wanted, keys, cursor=view.cursor, size=view.size)
    rows = found.rows if column is None else [_unprefixed(row) for row in found.rows]
    return BoardPage(board, columns, view, rows, found.next, found.previous)


def order(ordering: str, columns: list[Column]) -> tuple[Column | None, tuple[Key, ...]]:
    """The column whose cells are read (None: the standings themselves), and the keys.

    `rank` is best first; every other word sorts by value, smallest first, and `-` turns it round.
    """
    word, turned = ordering.removeprefix("-"), ordering.startswith("-")
    for column in columns:
        if column.key == word:
            # The key has the direction folded in: the smallest value of a metric that should be
            # small is its biggest key.
            down = turned == column.version.higher_is_better
            return column, (Key("key", down, nullable=True), Key("standing_id", down))
    if word in ("rank", "average"):
        if turned == (word == "average"):
            return None, (Key("place"), Key("id"))
        return None, (Key("average", nullable=True), Key("id"))
    simple = {
        "name": (Key("name", turned),),
        "parameters": (Key("parameters", turned, nullable=True),),
        "licence": (Key("known_licence", turned, nullable=True), Key("place", turned)),
        "parent": (Key("known_parent", turned, nullable=True), Key("place", turned)),
    }
    if word not in simple:
        words = ", ".join([*PLAIN_ORDERS, *(column.key for column in columns)])
        raise UnknownOrdering(f"Cannot sort by “{word[:60]}”. Choose from {words}.")
    return None, (*simple[word], Key("id", turned))


def every_result(
    board: Board, view: View, columns: list[Column], most: int = EXPORT_ROWS
) -> Iterator[dict[str, Any]]:
    """The results of a view from its start, page by page: memory stays that of one page."""
    cursor, left = "", most
    while left > 0:
        got = page(board, replace(view, cursor=cursor, size=min(100, left)), columns)
        yield from results_of(got)
        left -= len(got.rows)
        if got.next is None:
            return
        cursor = got.next


def leaders(boards: list[Board], count: int = 3) -> dict[int, list[dict[str, Any]]]:
    """The first `count` standings of each board, in one query that reads only those."""
    sql = """
        SELECT board.id AS board_id, s.rank, s.owner, s.name, s.average, s.stderr
        FROM unnest(%s::bigint[]) AS board(id) CROSS JOIN LATERAL (
            SELECT * FROM evaluations_standing
            WHERE board_id = board.id AND place < 'infinity' ORDER BY place, id LIMIT %s
        ) s
    """
    found: dict[int, list[dict[str, Any]]] = {board.pk: [] for board in boards}
    with connection.cursor() as cursor:
        cursor.execute(sql, [[board.pk for board in boards], count])
        names = [column.name for column in cursor.description]
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            found[row["board_id"]].append(row)
    return found


def results_of(found: BoardPage) -> list[dict[str, Any]]:
    """The rows of a page, ready for JSON."""
    names = [(str(column.id), column.key) for column in found.columns]
    return [standing_of(row, names, raw=found.view.raw) for row in found.rows]


def standing_of(row: dict[str, Any], names: list[tuple[str, str]], *, raw: bool) -> dict[str, Any]:
    """One standing; `names` pairs a column's id, as the row has it, with its key."""
    values = row["values"]
    return {
        "rank": row["rank"],
        "rank_low": row["rank_low"],
        "rank_high": row["rank_high"],
        "variant": f"{row['owner']}/{row['name']}",
        "checkpoint": row["checkpoint_id"],
        "average": row["average"],
        "stderr": row["stderr"],
        "scores": {key: _score(values.get(name), raw=raw) for name, key in names},
        "parent": row["parent_name"] or None,
        "delta": row["delta"],
        "delta_stderr": row["delta_stderr"],
        "relation": row["relation"],
        "licence": row["licence"],
        "parameters": row["parameters"],
    }


def _score(cell: dict[str, Any] | None, *, raw: bool) -> dict[str, Any] | None:
    if cell is None:
        return None
    value, stderr = ("value", "stderr") if raw else ("normalised", "spread")
    return {"value": cell[value], "stderr": cell[stderr], "n": cell["n"], "run": cell["run"]}


def _standings(board: Board, view: View, keys: tuple[Key, ...]) -> "QuerySet[Any, dict[str, Any]]":
    known: dict[str, NullIf] = {"known_licence": KNOWN_LICENCE, "known_parent": KNOWN_PARENT}
    extra = [key.name for key in keys if key.name in known]
    found = Standing.objects.filter(_ranges(view), board=board, **_exact(view))
    rows: QuerySet[Any, dict[str, Any]] = found.annotate(
        **{name: known[name] for name in extra}
    ).values(*FIELDS, *extra)
    return rows


def _cells(column: Column, view: View) -> "QuerySet[Any, dict[str, Any]]":
    prefix = "standing__"
    found = Cell.objects.filter(_ranges(view, prefix), column=column.id, **_exact(view, prefix))
    fields = (f"{prefix}{name}" for name in FIELDS)
    rows: QuerySet[Any, dict[str, Any]] = found.values("key", "standing_id", *fields)
    return rows


def _exact(view: View, prefix: str = "") -> dict[str, str]:
    wanted = {"owner": view.owner, "relation": view.relation, "licence": view.licence}
    found = {f"{prefix}{name}": value for name, value in wanted.items() if value}
    if view.relation == BASE:
        found[f"{prefix}relation"] = ""
    return found


def _ranges(view: View, prefix: str = "") -> Q:
    conditions = [Q()]
    if view.min_parameters is not None:
        conditions.append(Q(**{f"{prefix}parameters__gte": view.min_parameters}))
    if view.max_parameters is not None:
        conditions.append(Q(**{f"{prefix}parameters__lte": view.max_parameters}))
    if view.text:
        # Through the catalogue's trigram index: a copy of it here would cost each ranking dearly.
        named = ModelVariant.objects.filter(_named(view.text)).values("pk")
        conditions.append(Q(**{f"{prefix}variant__in": named}))
    return functools.reduce(operator.and_, conditions)


def _named(text: str) -> Q:
    owner, slash, name = text.partition("/")
    if slash:
        return Q(owner__icontains=owner.strip(), name__icontains=name.strip())
    return Q(owner__icontains=text) | Q(name__icontains=text)


def _unprefixed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[f"standing__{name}"] for name in FIELDS}
