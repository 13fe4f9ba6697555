"""What a list of 100,000 contributions and a thread of 2,000 events cost beside small ones.

    python -m pytest tests/benchmarks/test_contributions.py -m benchmark -s

Times are printed, never asserted; both sizes are measured in one run, so that their ratio means
something on any machine.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import Max
from django.test import Client

from contributions.models import Contribution, Event
from hub.models import User, WorkingGroup
from hub.models.user import Role
from tests.benchmarks.test_boards import say
from tests.contributions.stories import say_often, submitted
from tests.factories import make_user

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]

SMALL, LARGE = 1_000, 100_000
SHORT, LONG = 20, 2_000
TURNS = 15
# Pages of 50 walked to a deep one.
DEPTH = 20

# One in fifty is open; the busiest of a hundred authors wrote a tenth; one in a thousand is about a lake.
CONTRIBUTIONS = """
INSERT INTO contributions_contribution (kind, title, subject, state, author_id, group_id, head, created_at,
    updated_at, trailers)
SELECT (ARRAY['edit_variant', 'edit_dataset', 'report_score'])[1 + i %% 3],
    'Change owner-' || i %% 997 || CASE WHEN i %% 1000 = 7 THEN '/lake-' ELSE '/brook-' END || i,
    'owner-' || i %% 997 || CASE WHEN i %% 1000 = 7 THEN '/lake-' ELSE '/brook-' END || i,
    CASE WHEN i %% 50 = 0 THEN 'open' WHEN i %% 7 = 0 THEN 'closed' ELSE 'merged' END,
    (%(people)s::bigint[])[CASE WHEN i %% 10 = 0 THEN 1 ELSE 1 + i %% 100 END],
    (%(groups)s::bigint[])[1 + i %% 3], 1, now(), now() - i * interval '1 minute', '[]'
FROM generate_series(1, %(size)s) i
"""
VERSIONS = """
INSERT INTO contributions_version (contribution_id, number, payload, base, note, author_id, created_at,
    signed_off, assisted_by)
SELECT id, 1, '{}', '{}', '', author_id, now(), '', '' FROM contributions_contribution WHERE id > %(known)s
"""
REVIEWS = """
INSERT INTO contributions_review (version_id, reviewer_id, verdict, body, created_at)
SELECT id, (%(people)s::bigint[])[1 + id %% 20], 'approve', '', now() FROM contributions_version
WHERE contribution_id > %(known)s
"""
EVENTS = """
INSERT INTO contributions_event (contribution_id, verb, actor_id, version_number, from_state, to_state, why,
    at, announced)
SELECT id, verb, author_id, 1, '', '', '', now(), true
FROM contributions_contribution CROSS JOIN unnest(ARRAY['submitted', 'commented', 'merged']) verb
WHERE id > %(known)s
"""
LISTS = {
    "first page": "",
    "open in any way": "?state=live",
    "merged": "?state=merged",
    "one kind": "?kind=report_score",
    "one group": "?group=data",
    "a busy author": "?author=person-0",
    "a quiet author": "?author=person-42",
    "reviewed by": "?reviewed_by=person-7",
    "involves a busy one": "?involves=person-0",
    "a rare piece of text": "?q=lake-7",
    "a common piece of text": "?q=brook",
    "text that nobody has": "?q=mountain",
    "changed last": "?ordering=-updated",
    "by name": "?ordering=subject",
    "all at once": "?state=live&kind=report_score&group=data&author=person-0&q=brook",
}


def fill(size: int, people: list[User]) -> None:
    slugs = ("algorithm", "data", "system")
    facts: dict[str, Any] = {
        "size": size,
        "known": Contribution.objects.aggregate(last=Max("pk", default=0))["last"],
        "people": [person.pk for person in people],
        "groups": [WorkingGroup.objects.get(slug=slug).pk for slug in slugs],
    }
    with connection.cursor() as cursor:
        for statement in (CONTRIBUTIONS, VERSIONS, REVIEWS, EVENTS):
            cursor.execute(statement, facts)
        cursor.execute("ANALYZE")


def milliseconds(work: Callable[[], object]) -> float:
    """The median of some turns, after one that warms up."""
    work()
    times = []
    for _ in range(TURNS):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def page(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer


def deep(client: Client) -> str:
    """The query of a page far down the list."""
    query = ""
    for _ in range(DEPTH - 1):
        query = page(client, f"/contributions/{query}").context["listing"].next_url
    return str(query)


def measured(client: Client) -> dict[str, float]:
    lists = {**LISTS, f"page {DEPTH}": deep(client)}
    return {
        name: milliseconds(partial(page, client, f"/contributions/{query}"))
        for name, query in lists.items()
    }


def test_a_list_costs_the_same_however_long(client: Client) -> None:
    people = [make_user(f"person-{number}") for number in range(100)]
    fill(SMALL, people)
    small = measured(client)
    fill(LARGE - SMALL, people)
    large = measured(client)
    say(f"\ncontribution list, ms: {SMALL:,} rows, {LARGE:,} rows, ratio")
    for name, few in small.items():
        say(f"  {name:24} {few:7.1f} {large[name]:7.1f} {large[name] / few:6.2f}")
    assert Contribution.objects.count() == LARGE


def test_a_thread_costs_the_same_however_long(client: Client) -> None:
    ann, ben = make_user("ann"), make_user("ben", Role.REVIEWER)
    short, long = submitted(ann, "headwaters/brook"), submitted(ann, "headwaters/river")
    say_often(short, ben, SHORT)
    keys = say_often(long, ben, LONG)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client.force_login(ben)
    few = milliseconds(lambda: page(client, short.get_absolute_url()))
    say(f"\na thread, ms (ratio to {SHORT} events: {few:.1f} ms)")
    stamp = page(client, long.get_absolute_url()).context["stamp"]
    parts = {
        f"{LONG:,} events": "",
        "at a comment in the middle": f"?at=comment-{keys[LONG // 2]}",
        "a piece of what is between": f"?after={Event.objects.order_by('pk')[LONG // 2].pk}",
    }
    for name, query in parts.items():
        many = milliseconds(partial(page, client, f"{long.get_absolute_url()}{query}"))
        say(f"  {name:28} {many:7.1f} {many / few:6.2f}")
    quiet = f"{long.get_absolute_url()}?seen={stamp}"
    look = milliseconds(lambda: client.get(quiet, headers={"HX-Request": "true"}))
    assert client.get(quiet, headers={"HX-Request": "true"}).status_code == 204
    say(f"  {'an open page without news':28} {look:7.1f} {look / few:6.2f}")
