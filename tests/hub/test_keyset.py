"""Keyset pages show every row once, in order, whatever happens meanwhile."""

import random
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from hub.keyset import BadCursor, Key, Sorting, UnknownOrdering, paginate
from hub.models import ModelVariant
from tests.factories import make_variant

pytestmark = pytest.mark.django_db

SORTING = Sorting(
    {
        "name": Key("name"),
        "added": Key("created_at"),
        "licence": Key("licence"),
        "parameters": Key("parameters", nullable=True),
        "largest": Key("parameters", descending=True, nullable=True),
    },
    default="-added",
)
ORDERINGS = [
    "name",
    "-name",
    "added",
    "-added",
    "licence",
    "-licence",
    "parameters",
    "-parameters",
    "largest",
    "licence,parameters",
    "licence,-parameters",
    "-licence,parameters",
    "parameters,-licence",
    "-parameters,-added",
]


@pytest.fixture
def river() -> list[ModelVariant]:
    """Forty variants with many ties and many unknown sizes."""
    dice = random.Random(20261123)
    return [
        make_variant(
            licence=dice.choice(["mit", "apache-2.0", ""]),
            parameters=dice.choice([None, None, 1, 2, 3, 10**9]),
        )
        for _ in range(40)
    ]


def in_order(ordering: str) -> list[int]:
    columns: list[Any] = []
    for key in SORTING.keys(ordering):
        column = F(key.name)
        turned = column.desc if key.descending else column.asc
        columns.append(turned(nulls_last=True))
    return [variant.pk for variant in ModelVariant.objects.order_by(*columns)]


def walk(
    ordering: str, size: int, *, cursor: str | None = "", back: bool = False
) -> list[list[int]]:
    pages = []
    while cursor is not None:
        page = paginate(
            ModelVariant.objects.all(), SORTING.keys(ordering), cursor=cursor, size=size
        )
        pages.append([row.pk for row in page.rows])
        cursor = page.previous if back else page.next
    return pages


def last_cursor(ordering: str, size: int) -> str:
    cursor, following = "", ""
    while following is not None:
        cursor = following
        page = paginate(
            ModelVariant.objects.all(), SORTING.keys(ordering), cursor=cursor, size=size
        )
        following = page.next  # type: ignore[assignment]
    return page.previous or ""


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_walking_forward_shows_every_row_once_with_empty_values_last(
    river: list[ModelVariant], ordering: str
) -> None:
    for size in (1, 7, 20, 40, 100):
        pages = walk(ordering, size)
        assert [pk for page in pages for pk in page] == in_order(ordering)
        assert all(len(page) == size for page in pages[:-1])


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_walking_back_shows_the_same_pages(river: list[ModelVariant], ordering: str) -> None:
    forward = walk(ordering, 7)
    back = walk(ordering, 7, cursor=last_cursor(ordering, 7), back=True)
    assert back[::-1] == forward[:-1]


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_rows_that_come_or_go_while_paging_neither_repeat_nor_hide_others(
    river: list[ModelVariant], ordering: str
) -> None:
    dice = random.Random(ordering)
    there_all_along = {variant.pk for variant in river}
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = paginate(ModelVariant.objects.all(), SORTING.keys(ordering), cursor=cursor, size=5)
        seen += [row.pk for row in page.rows]
        cursor = page.next
        make_variant(licence=dice.choice(["mit", ""]), parameters=dice.choice([None, 2, 5]))
        gone = dice.choice([variant for variant in river if variant.pk in there_all_along])
        there_all_along.discard(gone.pk)
        ModelVariant.objects.filter(pk=gone.pk).delete()
    assert len(seen) == len(set(seen))
    assert there_all_along <= set(seen)


def test_a_page_counts_nothing_and_asks_at_most_twice(river: list[ModelVariant]) -> None:
    for ordering in ORDERINGS:
        keys = SORTING.keys(ordering)
        cursor = paginate(ModelVariant.objects.all(), keys, size=30).next or ""
        with CaptureQueriesContext(connection) as captured:
            paginate(ModelVariant.objects.all(), keys, cursor=cursor, size=30)
        assert len(captured) <= 2
        assert not any("COUNT(" in query["sql"].upper() for query in captured)


def test_a_page_starts_in_the_index(river: list[ModelVariant]) -> None:
    keys = SORTING.keys("-added")
    cursor = paginate(ModelVariant.objects.all(), keys, size=30).next or ""
    with CaptureQueriesContext(connection) as captured:
        paginate(ModelVariant.objects.all(), keys, cursor=cursor, size=30)
    # A row comparison, which PostgreSQL turns into the index scan's start.
    assert 'created_at", "hub_modelvariant"."id") < (' in captured[0]["sql"]


@pytest.mark.parametrize("cursor", ["x", "WyJ4Il0", "WzEsMSxbMV1d.forged", "\x00", "é" * 50, "."])
def test_a_cursor_that_nobody_signed_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        paginate(ModelVariant.objects.all(), SORTING.keys(), cursor=cursor)


def test_a_cursor_of_another_order_is_refused(river: list[ModelVariant]) -> None:
    cursor = paginate(ModelVariant.objects.all(), SORTING.keys("name"), size=5).next or ""
    with pytest.raises(BadCursor, match="another order"):
        paginate(ModelVariant.objects.all(), SORTING.keys("-name"), cursor=cursor)


def test_an_order_that_the_list_does_not_offer_is_named() -> None:
    with pytest.raises(UnknownOrdering, match="password"):
        SORTING.keys("-password")


def test_a_page_holds_at_most_a_hundred(river: list[ModelVariant]) -> None:
    for _ in range(70):
        make_variant()
    page = paginate(ModelVariant.objects.all(), SORTING.keys(), size=10_000)
    assert len(page.rows) == 100
    assert page.next


def test_an_empty_list_has_no_other_pages() -> None:
    page = paginate(ModelVariant.objects.none(), SORTING.keys())
    assert (page.rows, page.next, page.previous) == ([], None, None)


def test_rows_may_be_dictionaries(river: list[ModelVariant]) -> None:
    rows = ModelVariant.objects.values("name", "pk")
    first = paginate(rows, SORTING.keys("name"), size=25)
    second = paginate(rows, SORTING.keys("name"), cursor=first.next or "", size=25)
    names = [row["pk"] for row in first.rows + second.rows]
    assert names == in_order("name")
