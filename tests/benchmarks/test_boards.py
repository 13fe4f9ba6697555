"""What a board costs at 1,000 and at 100,000 standings: time to rank, latency of pages, plans.

    python -m pytest tests/benchmarks -m benchmark -s

Times are printed, never asserted; that a page reads an index and never the whole board is.
"""

import functools
import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.actions.rank import rank_board
from evaluations.leaderboards import View, columns_of, page
from evaluations.models import Board, Recipe
from hub.models import User
from tests.factories import make_board, make_checkpoint, make_recipe, make_run

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

SIZES = (1_000, 100_000)
REQUESTS = 60
# Pages of 100 walked to a deep page of the large board.
DEPTH = 100

VARIANTS = """
INSERT INTO hub_modelvariant (owner, name, repo_id, licence, licence_name, summary, tags, tags_text,
    created_at, updated_at, state, parameters, architecture, relation, retired_why, origin_id,
    origin_commit, origin_digest, origin_state)
SELECT 'owner-' || i %% 997, %(slug)s || '-model-' || i, 'o/' || i,
    (ARRAY['mit', 'apache-2.0', 'llama3.1', ''])[1 + i %% 4], '', '', '{}', '', now(), now(),
    'published', 1000000::bigint * (1 + i %% 70000), '',
    (ARRAY['finetune', 'merge', 'quantized', ''])[1 + i %% 4], '', '', '', '', ''
FROM generate_series(1, %(size)s) i
"""

CHECKPOINTS = """
INSERT INTO hub_checkpoint (variant_id, commit, files, digest, weights_digest, size, dtype, parameters,
    created_at)
SELECT id, md5(name), '[]', md5(name) || md5(owner), md5(name), 1, 'float32', parameters, now()
FROM hub_modelvariant WHERE name LIKE %(slug)s || '-model-%%'
"""

SCORES = """
INSERT INTO evaluations_score (run_id, checkpoint_id, checkpoint_digest, recipe_id, metric, value, stderr,
    n, task_hash, recorded_at, stderr_kind, also)
SELECT %(run)s, c.id, c.digest, recipe.id, 'acc', 0.2 + 0.8 * random(), 0.001 + 0.02 * random(), 500, '',
    now(), 'harness', '{}'
FROM hub_checkpoint c JOIN hub_modelvariant v ON v.id = c.variant_id
CROSS JOIN unnest(%(recipes)s::bigint[]) recipe(id)
WHERE v.name LIKE %(slug)s || '-model-%%' AND NOT (c.id %% 50 = 0 AND recipe.id = %(some)s)
"""

EDGES = """
INSERT INTO hub_lineageedge (child_id, parent_id, parent_name, relation, parent_commit, evidence)
SELECT child.id, parent.id, parent.owner || '/' || parent.name, 'finetune', '', 'declared'
FROM hub_modelvariant child JOIN hub_modelvariant parent ON parent.id = child.id - 1 - child.id %% 20
WHERE child.name LIKE %(slug)s || '-model-%%' AND parent.name LIKE %(slug)s || '-model-%%'
"""


def fill(slug: str, size: int) -> Board:
    """A board of three recipes with `size` variants, a fiftieth of which miss one score."""
    recipes: list[Recipe] = [make_recipe() for _ in range(3)]
    board = make_board(slug, recipes)
    run = make_run(make_checkpoint(), recipes[:1], requested_by=_somebody())
    facts: dict[str, Any] = {
        "slug": slug, "size": size, "run": run.pk, "recipes": [recipe.pk for recipe in recipes],
        "some": recipes[0].pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in (VARIANTS, CHECKPOINTS, SCORES, EDGES):
            cursor.execute(statement, facts)
        cursor.execute("ANALYZE")
    return board


def _somebody() -> User:
    return User.objects.get_or_create(username="bench")[0]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def served() -> Iterator[http.client.HTTPConnection]:
    """A kept-alive connection to granian with one process and one thread."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name = str(settings.DATABASES["default"]["NAME"])
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-access-log"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "1"),
        "hub.wsgi:application",
    ]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "DATABASE_URL": f"{base}/{name}",
    }
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        _wait(client)
        yield client
        client.close()
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(client: http.client.HTTPConnection) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            get(client, "/api/v1/boards/")
        except OSError:
            client.close()
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("granian did not answer")


def get(client: http.client.HTTPConnection, path: str, **headers: str) -> str:
    client.request("GET", path, headers=headers)
    answer = client.getresponse()
    body = answer.read().decode()
    assert answer.status in (200, 304), (path, answer.status, body[:500])
    return body


def latency(client: http.client.HTTPConnection, path: str, times: int = REQUESTS) -> float:
    """Median in milliseconds, after ten requests that are not counted."""
    for _ in range(10):
        get(client, path)
    return 1000 * statistics.median(_seconds(lambda: get(client, path)) for _ in range(times))


def deep_cursor(board: Board, ordering: str) -> str:
    """The cursor half-way down a small board, 10,000 rows down a large one."""
    cursor = ""
    for _ in range(min(DEPTH, board.size // 200)):
        found = page(board, View(ordering=ordering, cursor=cursor, size=100))
        cursor = found.next or cursor
    return cursor


def test_a_board_of_100_000_costs_what_one_of_1_000_costs() -> None:
    boards = {size: fill(f"b{size}", size) for size in SIZES}
    for size, board in boards.items():
        first = _seconds(lambda board=board: rank_board(board, force=True))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE evaluations_standing, evaluations_cell")
        again = _seconds(lambda board=board: rank_board(board, force=True))
        _add_leader(board)
        shifted = _seconds(lambda board=board: rank_board(board, force=True))
        say(f"\nrank {size:>7,}: first {first:.2f} s, nothing new {again:.2f} s, "
              f"new leader {shifted:.2f} s")  # fmt: skip
    with served() as client:
        say(f"{'':44}" + "".join(f"{size:>12,}" for size in SIZES) + f"{'ratio':>8}")
        measured = {name: _row(client, boards, name, path) for name, path in _paths(boards).items()}
    ratio = measured["API, first page"][-1] / measured["bare indexed query"][-1]
    say(f"API against a bare query: {ratio:.2f}")
    for size, board in boards.items():
        for name, view in _views(board).items():
            _check_plan(board, view, f"{size} {name}")


def _add_leader(board: Board) -> None:
    """The best of all arrives: every rank below moves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluations_score SET value = 1 WHERE checkpoint_id = "
            "(SELECT max(checkpoint_id) FROM evaluations_standing WHERE board_id = %s AND rank > 5)",
            [board.pk],
        )


@functools.cache
def _views(board: Board) -> dict[str, View]:
    key = columns_of(board)[1].key
    owner = "owner-7"
    return {
        "first page": View(),
        "deep page": View(cursor=deep_cursor(board, "rank")),
        "by column": View(ordering=f"-{key}"),
        "by column, deep": View(ordering=f"-{key}", cursor=deep_cursor(board, f"-{key}")),
        "by parameters": View(ordering="-parameters"),
        "by licence": View(ordering="licence"),
        "of one owner": View(owner=owner),
    }


def _paths(boards: dict[int, Board]) -> dict[str, list[str]]:
    """Name -> path on each board."""
    paths: dict[str, list[str]] = {"bare indexed query": []}
    for board in boards.values():
        paths["bare indexed query"].append(f"/bare/{board.slug}/")
        for name, view in _views(board).items():
            query = f"?ordering={view.ordering}&owner={view.owner}&cursor={view.cursor}"
            api, html = f"/api/v1/boards/{board.slug}/standings/", f"/boards/{board.slug}/"
            paths.setdefault(f"API, {name}", []).append(api + query)
            paths.setdefault(f"page, {name}", []).append(html + query)
        paths.setdefault("page, a piece of a name", []).append(f"{html}?q=model-77")
    return paths


def _row(
    client: http.client.HTTPConnection, boards: dict[int, Board], name: str, paths: list[str]
) -> list[float]:
    times = [latency(client, path) for path in paths]
    say(f"{name:44}" + "".join(f"{ms:>9.2f} ms" for ms in times) + f"{times[-1] / times[0]:>8.2f}")
    return times


def _check_plan(board: Board, view: View, name: str) -> None:
    """No sequential scan, no sort of the board, and no more rows read than a few pages."""
    columns = columns_of(board)
    with CaptureQueriesContext(connection) as queries:
        page(board, view, columns)
    assert len(queries) <= 2, name
    for query in queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, COSTS OFF) " + query["sql"])
            plan = "\n".join(row[0] for row in cursor.fetchall())
        read = [float(found) for found in re.findall(r"actual time=\S+ rows=([\d.]+)", plan)]
        if board.size > 10_000:
            assert "Seq Scan" not in plan, f"{name}\n{plan}"
            assert max(read) <= 1000, f"{name}\n{plan}"
