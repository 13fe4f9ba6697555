"""Many callers at the same moment, each with a database connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(count: int, call: Callable[[int], T], *, width: int = 6) -> list[T]:
    """`call(0)` … `call(count - 1)` from `width` threads that start together; answers in order."""
    barrier = threading.Barrier(min(count, width))

    def one(number: int) -> T:
        try:
            if number < width:
                barrier.wait(timeout=10)
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(min(count, width)) as pool:
        return list(pool.map(one, range(count)))
