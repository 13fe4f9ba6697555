"""A person's token, lent for one repository and for as long as a `with` lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lent:
    """`repo_id` is `owner/name` in small letters. The secret stays out of every repr: those reach logs."""

    repo_id: str
    secret: str = field(repr=False)


NOTHING_LENT = Lent("", "")
_lent: ContextVar[Lent] = ContextVar("lent", default=NOTHING_LENT)


@contextmanager
def lending(repo_id: str, secret: str) -> Iterator[None]:
    """Origins that this thread makes meanwhile (`origins.get()`) use `secret` for that repository."""
    before = _lent.set(Lent(repo_id.lower(), secret))
    try:
        yield
    finally:
        _lent.reset(before)


def lent_now() -> Lent:
    return _lent.get()
