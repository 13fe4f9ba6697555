"""What checking every byte costs: the hub's fetch beside the plain client and a bare stream.

pytest -m benchmark -s tests/benchmarks/test_fetch.py
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import snapshot_download
from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]
from pytest_django.fixtures import Settings

from hub import store as stores
from hub.models import Checkpoint, ModelVariant
from hub.origins.fetch import fetch_checkpoint
from tests.benchmarks.origins import COMMIT, Origin

pytestmark = pytest.mark.benchmark

MEGABYTE = 1_000_000
ROUNDS = 5


@pytest.fixture(params=[[200], [50] * 4, [2] * 100], ids=["1 x 200 MB", "4 x 50 MB", "100 x 2 MB"])
def origin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Origin]:
    files = {
        f"model-{number}.safetensors": random.Random(number).randbytes(size * MEGABYTE)
        for number, size in enumerate(request.param)
    }
    origin = Origin(tmp_path / "origin", files)
    yield origin
    origin.stop()


def test_a_fetch_costs_little_more_than_a_download_and_the_second_nothing(
    origin: Origin,
    tmp_path: Path,
    settings: Settings,
    request: pytest.FixtureRequest,
) -> None:
    settings.HF_ENDPOINT, settings.HF_TOKEN = origin.url, ""
    disable_progress_bars()
    checkpoint = Checkpoint(
        variant=ModelVariant(repo_id="a/b"), commit=COMMIT, files=list(origin.rows.values())
    )
    seconds: dict[str, list[float]] = {"stream": [], "client": [], "hub": []}
    ways: dict[str, Callable[[Path], None]] = {
        "stream": lambda folder: _stream(origin, folder),
        "client": lambda folder: _client(origin, folder),
        "hub": lambda folder: _hub(checkpoint),
    }
    for number in range(ROUNDS):
        settings.STORE_DIR = tmp_path / f"store-{number}"
        for way in random.sample(sorted(ways), len(ways)):
            before, start = origin.sent(), time.perf_counter()
            ways[way](tmp_path / f"{way}-{number}")
            seconds[way].append(time.perf_counter() - start)
            assert origin.sent() - before == origin.size
    before = origin.sent()
    _hub(checkpoint)
    assert origin.sent() == before
    assert all(stores.default().verify(row["sha256"]) for row in origin.rows.values())
    _report(request.node.callspec.id, origin.size, seconds)


def _stream(origin: Origin, folder: Path) -> None:
    """The bytes into files with the same HTTP library, and nothing else."""
    folder.mkdir()
    with httpx2.Client() as client:
        for row in origin.rows.values():
            url = f"{origin.url}/a/b/resolve/{COMMIT}/{row['path']}"
            with client.stream("GET", url) as answer, (folder / row["path"]).open("wb") as file:
                for block in answer.iter_bytes():
                    file.write(block)


def _client(origin: Origin, cache: Path) -> None:
    snapshot_download("a/b", endpoint=origin.url, cache_dir=cache, token=False)


def _hub(checkpoint: Checkpoint) -> None:
    fetch_checkpoint(checkpoint, on_progress=lambda *_: None, cancelled=lambda: False)


def _report(name: str, size: int, seconds: dict[str, list[float]]) -> None:
    best = {way: min(times) for way, times in seconds.items()}
    rates = ", ".join(f"{way} {size / MEGABYTE / best[way]:.0f} MB/s" for way in seconds)
    sys.stdout.write(
        f"\n{name}, best of {ROUNDS}: {rates}; hub takes {best['hub'] / best['client']:.2f} x the "
        f"client's time, {best['hub'] / best['stream']:.2f} x the stream's\n"
    )
