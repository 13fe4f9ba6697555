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
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, Q, QuerySet, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import NullIf

from evaluations.models import Board, Cell, Standing
from evaluations.models.board import BoardRecipe
from evaluations.models.standing import KNOWN_LICENCE, KNOWN_PARENT
from evaluations.standing_json import standing_json
from hub.keyset import MAX_SIZE, Key, Page, UnknownOrdering, paginate
from hub.models import ModelVariant

PAGE_SIZE = 50
# Rows of one query of an export: memory stays that of one batch.
BATCH = 1000
# A piece of a name that fits more variants than this is looked for along the board itself.
FEW = 1000
FIELDS = (
    "id", "rank", "rank_low", "rank_high", "average", "stderr", "place", "values", "missing", "delta",
    "delta_stderr", "owner", "name", "licence", "relation", "parent_name", "parameters", "checkpoint_id",
    "variant_id",
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
    """The columns in order. `whole` reads all of recipe, version and benchmark: one query.

    Without it they come from this process's memory after the first time: what SLIM names of a board
    version never changes.
    """
    if whole:
        return _columns(board.columns.select_related(f"{VERSION}__benchmark"))
    return list(_slim_columns(board.pk, board.created_at))


# `created_at` is in the key because a database may be emptied under a running process.
@functools.lru_cache(maxsize=256)
def _slim_columns(board: int, created_at: datetime) -> tuple[Column, ...]:
    links = BoardRecipe.objects.filter(board=board, board__created_at=created_at)
    return tuple(_columns(links.select_related(f"{VERSION}__benchmark").only(*SLIM)))


def _columns(found: "QuerySet[BoardRecipe]") -> list[Column]:
    links = list(found)
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
    if column is None:
        rows = _standings(board, view, keys).values(*FIELDS, *(key.name for key in keys))
        found = paginate(rows, keys, cursor=view.cursor, size=view.size)
        return BoardPage(board, columns, view, found.rows, found.next, found.previous)
    fields = (f"standing__{name}" for name in FIELDS)
    cells = _cells(column, view).values("key", "standing_id", *fields)
    found = paginate(cells, keys, cursor=view.cursor, size=view.size)
    plain = [_unprefixed(row) for row in found.rows]
    return BoardPage(board, columns, view, plain, found.next, found.previous)


def results(
    board: Board, view: View, columns: list[Column] | None = None, *, most: int = MAX_SIZE
) -> Page[str]:
    """The same page with each standing as the JSON of standing_json.py; at most `most` of them."""
    columns = columns_of(board) if columns is None else columns
    column, keys = order(view.ordering, columns)
    names = [key.name for key in keys]
    rows: QuerySet[Any] = _standings(board, view, keys)
    if column is not None:
        # The place is read for the sake of its join: what PostgreSQL makes JSON of is the standing.
        rows, names = _cells(column, view), [*names, "standing__place"]
    sql, params = standing_json([(column.id, column.key) for column in columns], raw=view.raw)
    result = RawSQL(sql, params, output_field=TextField())  # noqa: S611 no caller's text in `sql`
    made = rows.annotate(result=result).values("result", *names)
    found = paginate(made, keys, cursor=view.cursor, size=view.size, most=most)
    return Page([row["result"] for row in found.rows], found.next, found.previous)


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


def every_result(board: Board, view: View, columns: list[Column]) -> Iterator[str]:
    """The JSON of every standing of a view from its start, however many; one query a batch."""
    cursor: str | None = ""
    while cursor is not None:
        found = results(board, replace(view, cursor=cursor, size=BATCH), columns, most=BATCH)
        yield from found.rows
        cursor = found.next


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


def _standings(board: Board, view: View, keys: tuple[Key, ...]) -> "QuerySet[Standing]":
    known: dict[str, NullIf] = {"known_licence": KNOWN_LICENCE, "known_parent": KNOWN_PARENT}
    extra = {key.name: known[key.name] for key in keys if key.name in known}
    return Standing.objects.filter(_ranges(view), board=board, **_exact(view)).annotate(**extra)


def _cells(column: Column, view: View) -> "QuerySet[Cell]":
    prefix = "standing__"
    return Cell.objects.filter(_ranges(view, prefix), column=column.id, **_exact(view, prefix))


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
        conditions.append(_called(view.text, prefix))
    return functools.reduce(operator.and_, conditions)


def _called(text: str, prefix: str) -> Q:
    """By the catalogue's trigram index where few are called so: a copy of it here would cost each
    ranking dearly. Where many are, reading along the order of the page soon finds enough of them;
    the CASE hides from PostgreSQL that it knows nothing of such a piece and would guess "hardly any".
    """
    called = ModelVariant.objects.filter(_named(text)).order_by()
    few = list(called.values_list("pk", flat=True)[: FEW + 1])
    if len(few) <= FEW:
        return Q(**{f"{prefix}variant__in": few})
    return Q(Case(When(_named(text, prefix), then=Value(True)), default=Value(False)))


def _named(text: str, prefix: str = "") -> Q:
    owner, slash, name = text.partition("/")
    own, named = f"{prefix}owner__icontains", f"{prefix}name__icontains"
    if slash:
        return Q(**{own: owner.strip(), named: name.strip()})
    return Q(**{own: text}) | Q(**{named: text})


def _unprefixed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[f"standing__{name}"] for name in FIELDS}
