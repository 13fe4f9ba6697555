"""Every list has a query test: count, double the rows, count again."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext


def count_queries(read: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        read()
    return len(captured)


def assert_constant_queries(read: Callable[[], object], more: Callable[[], object]) -> int:
    """`read` asks no more after `more` than before; answers how many queries it was.

    It may ask fewer: a nullable order reads rows without a value only while the page is not full.
    """
    read()  # what is remembered for a while (facets) is remembered now
    before = count_queries(read)
    more()
    after = count_queries(read)
    assert after <= before, f"{before} queries became {after} with more rows"
    return after
