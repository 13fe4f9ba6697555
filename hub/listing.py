"""A list as a page shows it: filtered, sorted and paged, with all of that in the URL.

The API takes the same parameters (`ordering`, `cursor`, `page_size` and those of the FilterSet), so
that the address of a page and of its data differ in the path only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from django_filters import FilterSet

from hub.keyset import BadCursor, Key, Page, Sorting, UnknownOrdering, paginate

Row = TypeVar("Row")

CURSOR, ORDERING, SIZE = "cursor", "ordering", "page_size"
DEFAULT_SIZE = 50


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """`ordering` is the order in force; the URLs are query strings, empty at an end."""

    rows: list[Row]
    filters: Any
    sorting: Sorting
    ordering: str
    previous_url: str
    next_url: str
    is_filtered: bool
    # The state of the list without its position, e.g. "?licence=mit": leads to the same data in the API.
    query: str

    @property
    def form(self) -> Any:
        return self.filters.form


def read_list(
    request: HttpRequest,
    queryset: "models.QuerySet[Any, Row]",
    *,
    filters: type[FilterSet],
    sorting: Sorting,
    size: int = DEFAULT_SIZE,
) -> Listing[Row]:
    """Read the page that `request.GET` describes.

    A stale cursor or an unknown order in an address shows the list from its start: somebody's old
    bookmark is no error. (The API answers 400 instead.)
    """
    filterset = filters(request.GET or None, queryset=queryset, request=request)
    ordering, keys = _keys(request.GET.get(ORDERING, ""), sorting)
    page = _page(filterset.qs, keys, cursor=request.GET.get(CURSOR, ""), size=size)
    names = [name for name in filterset.form.fields if name != ORDERING]
    return Listing(
        rows=page.rows,
        filters=filterset,
        sorting=sorting,
        ordering=ordering,
        previous_url=with_cursor(request, page.previous),
        next_url=with_cursor(request, page.next),
        is_filtered=any(request.GET.get(name) for name in names),
        query=_query(request),
    )


def with_cursor(request: HttpRequest, cursor: str | None, name: str = CURSOR) -> str:
    """This request's query string, moved to `cursor` of the list that reads `name`; empty without one."""
    if cursor is None:
        return ""
    query = request.GET.copy()
    query[name] = cursor
    return f"?{query.urlencode()}"


def _query(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop(CURSOR, None)
    kept = {name: value for name, value in query.items() if value}
    for name in set(query) - set(kept):
        del query[name]
    return f"?{query.urlencode()}" if query else ""


def _keys(ordering: str, sorting: Sorting) -> tuple[str, tuple[Key, ...]]:
    try:
        return ordering or sorting.default, sorting.keys(ordering)
    except UnknownOrdering:
        return sorting.default, sorting.keys()


def _page(
    queryset: "models.QuerySet[Any, Row]", keys: tuple[Key, ...], *, cursor: str, size: int
) -> Page[Row]:
    try:
        return paginate(queryset, keys, cursor=cursor, size=size)
    except BadCursor:
        return paginate(queryset, keys, size=size)


@dataclass(frozen=True)
class Select:
    """One narrowing of a list as a `<select>`: value and words; the first stands for any."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


@dataclass(frozen=True)
class Chip:
    """A narrowing that came by a link and has no control of its own; `without` leads out of it."""

    name: str
    label: str
    value: str
    without: str


@dataclass(frozen=True)
class Narrowing:
    """The controls above a list, for `hub/_filters.html`."""

    selects: list[Select]
    chips: list[Chip]


# Controls that every list's filter row has.
TYPED = frozenset({"q", "owner"})


def narrow_by(listing: "Listing[Any]", **options: Mapping[str, str] | None) -> Narrowing:
    """Selects for the named filters (value -> words; None: the filter's own), chips for all others.

    A value from the address that is not among the options is kept as one, so that the form shows
    what the list is narrowed to.
    """
    fields, data = listing.form.fields, listing.filters.data
    selects = []
    for name, words in options.items():
        value = str(data.get(name, ""))
        choices = list(getattr(fields[name], "choices", ()))[1:]
        own = [(key, capfirst(str(word))) for key, word in choices]
        pairs = own if words is None else list(words.items())
        if value and value not in dict(pairs):
            pairs.append((value, value))
        selects.append(Select(name, fields[name].label or name, value, pairs))
    others = [name for name in fields if name not in options and name not in TYPED]
    return Narrowing(
        selects,
        [
            Chip(name, fields[name].label or name, str(data[name]), _without(data, name))
            for name in others
            if data.get(name)
        ],
    )


def _without(data: Any, name: str) -> str:
    query = data.copy()
    for gone in (name, CURSOR):
        query.pop(gone, None)
    return f"?{query.urlencode()}" if query else ""
