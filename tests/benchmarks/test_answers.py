"""What a page of samples costs at 1,000 and at 1,000,000: `pytest tests/benchmarks/test_answers.py -s`."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client

from evaluations.answers.convert import write_rows
from evaluations.answers.store import keep
from evaluations.models import Recipe, Score
from tests.factories import make_checkpoint, make_recipe, make_score

pytestmark = pytest.mark.django_db
TIMES = 7
WORDS = "the river runs below a bridge of stone where nobody has counted its eighty pillars "


def rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "doc_id": number,
            "doc_hash": f"{number:064x}",
            "task": "task",
            "filter": "none",
            "seed": 1234,
            "outcome": float(number % 2),
            "prompt": f"{number} {WORDS * 3}",
            "target": "42",
            "form": "text",
            "requests": 1,
            "asked": [],
            "answers": [f"{WORDS} {number}"],
            "filtered": ["42"],
            "doc": "{}",
            "whole": True,
        }


def score_of(count: int, recipe: Recipe, sha256: str, seed: int) -> Score:
    score = make_score(make_checkpoint(), recipe, 0.5, n=count)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(%s)", [seed / 10])
        cursor.execute(
            "INSERT INTO evaluations_samples (score_id, outcomes, doc_hashes, raw_sha256) "
            "SELECT %s, array_agg((random() < 0.5)::int::float8 ORDER BY n), "
            "array_agg(lpad(to_hex(n), 64, '0') ORDER BY n), %s FROM generate_series(0, %s) n",
            [score.pk, sha256, count - 1],
        )
    return score


def seconds(client: Client, address: str) -> tuple[float, float]:
    """Of the first look, and the median of those behind it."""
    taken = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        assert client.get(address).status_code == 200
        taken.append(time.perf_counter() - began)
    return taken[0], statistics.median(taken[1:])


def test_a_page_of_a_million_samples_costs_what_one_of_a_thousand_does(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/benchmarks/")
    found: dict[str, dict[int, tuple[float, float]]] = {}
    for count in (1_000, 1_000_000):
        path = tmp_path / f"{count}.parquet"
        began = time.perf_counter()
        write_rows(rows(count), path, seeds=1)
        wrote, size = time.perf_counter() - began, path.stat().st_size
        sha256 = keep(path)
        recipe = make_recipe()
        child, other = (score_of(count, recipe, sha256, seed) for seed in (1, 2))
        middle = count // 2
        with capsys.disabled():
            print(f"\n{count:,}: {size / 1e6:.1f} MB, written in {wrote:.1f} s")
        for name, query in {
            "in order": f"?after={middle}",
            "wrong": f"?show=wrong&after={middle}",
            "lost, side by side": f"?show=lost&against={other.pk}",
            "worst first": "?sort=worst",
            "search": "?q=nowhere+at+all",
        }.items():
            address = f"/scores/{child.pk}/answers/{query}"
            found.setdefault(name, {})[count] = seconds(client, address)
    with capsys.disabled():
        for name, told in found.items():
            parts = (
                f"{n:,}: first {a * 1e3:.0f} ms, then {b * 1e3:.0f} ms"
                for n, (a, b) in told.items()
            )
            print(f"{name:20} {'; '.join(parts)}")
    then = {
        name: told[1_000_000][1] / told[1_000][1]
        for name, told in found.items()
        if name != "search"
    }
    assert np.median(list(then.values())) < 3
