"""A worker that is up says so, from a thread of its own, until it is stopped."""

import threading
from typing import Any

import pytest
from django.db import connection as any_connection

from hub.models import User
from hub.presence import Herald, Presence
from tests.factories import make_user

PATIENCE = 20.0
# PostgreSQL's has a pool; the thread that asks has its own.
connection: Any = any_connection


def herald(*hooks: object, seconds: float = 0.01) -> Herald:
    return Herald(hooks, name="w@here/1", queues=("cpu",), processes=2, seconds=seconds)  # type: ignore[arg-type]


def test_it_speaks_at_once_and_again_and_then_no_more() -> None:
    heard: list[Presence] = []
    thrice = threading.Event()

    def hook(presence: Presence) -> None:
        heard.append(presence)
        if len(heard) == 3:
            thrice.set()

    speaker = herald(hook)
    speaker.start()
    assert thrice.wait(PATIENCE)
    speaker.stop()
    assert not speaker.is_alive()
    assert [presence.first for presence in heard[:3]] == [True, False, False]
    assert heard[0][:3] == ("w@here/1", ("cpu",), 2)


def test_who_was_not_heard_starts_anew_and_harms_no_other_hook() -> None:
    firsts: list[bool] = []
    heard = threading.Event()

    def deaf(presence: Presence) -> None:
        firsts.append(presence.first)
        if len(firsts) < 3:
            raise OSError("no database")

    def hears(presence: Presence) -> None:
        if not presence.first:
            heard.set()

    speaker = herald(deaf, hears)
    speaker.start()
    assert heard.wait(PATIENCE)
    speaker.stop()
    assert firsts[:4] == [True, True, True, False]


@pytest.mark.django_db(transaction=True)
def test_its_connection_is_its_own_outside_the_pool_and_closed_between_words() -> None:
    make_user("ann")
    seen: list[tuple[bool, bool, int]] = []
    twice = threading.Event()

    def hook(presence: Presence) -> None:
        seen.append((connection.connection is None, connection.pool is None, User.objects.count()))
        if len(seen) == 2:
            twice.set()

    speaker = herald(hook)
    speaker.start()
    assert twice.wait(PATIENCE)
    speaker.stop()
    assert seen[:2] == [(True, True, 1)] * 2
    assert connection.pool is not None
