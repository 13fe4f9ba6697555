"""What a family of variants costs the store: bytes kept and fetched against the bytes of all checkpoints.

The family is made like real ones: a base of four shards; a fine-tune of all of it; one whose first layers
were frozen; its next commit, where only the card and the configuration changed; a copy under another
name; an adapter; a quantisation. Tokenizers are handed down unchanged.

pytest -m benchmark -s tests/benchmarks/test_family.py
"""

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from hub import store as stores
from hub.manifest import FileRow
from hub.models import Checkpoint, ModelVariant
from hub.origins.fetch import fetch_checkpoint
from tests.benchmarks.origins import COMMIT, Origin

pytestmark = pytest.mark.benchmark

MEGABYTE = 1_000_000
SHARD, TOKENIZER = 20 * MEGABYTE, 9 * MEGABYTE


def made(seed: str, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def model(weights: list[str], *, config: str, size: int = SHARD) -> dict[str, bytes]:
    """Shards by the seed of their bytes; the tokenizer is everybody's."""
    shards = {f"model-{at}.safetensors": made(seed, size) for at, seed in enumerate(weights)}
    tokenizer = {"tokenizer.json": made("tokenizer", TOKENIZER)}
    return shards | tokenizer | {"config.json": made(config, 700)}


BASE = ["b0", "b1", "b2", "b3"]
FROZEN = ["b0", "b1", "f2", "f3"]
FAMILY = {
    "base": model(BASE, config="base"),
    "fine-tune": model(["t0", "t1", "t2", "t3"], config="fine-tune"),
    "half-frozen": model(FROZEN, config="half-frozen"),
    "next-commit": model(FROZEN, config="corrected"),
    "copy": model(BASE, config="base"),
    "adapter": {"adapter_model.safetensors": made("a", MEGABYTE), "config.json": made("a", 400)},
    "quantised": model(["q0"], config="quantised", size=22 * MEGABYTE),
}


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Origin]:
    named = {f"{member}.{path}": data for member in FAMILY for path, data in FAMILY[member].items()}
    origin = Origin(tmp_path / "origin", named)
    yield origin
    origin.stop()


def checkpoint_of(origin: Origin, member: str) -> Checkpoint:
    rows: list[FileRow] = [
        row for path, row in origin.rows.items() if path.startswith(f"{member}.")
    ]
    return Checkpoint(variant=ModelVariant(repo_id="a/b"), commit=COMMIT, files=rows)


def seconds_of(checkpoint: Checkpoint) -> float:
    start = time.perf_counter()
    fetch_checkpoint(checkpoint, on_progress=lambda *_: None, cancelled=lambda: False)
    return time.perf_counter() - start


def test_a_family_is_kept_and_fetched_once(
    origin: Origin, tmp_path: Path, settings: Settings
) -> None:
    settings.HF_ENDPOINT, settings.HF_TOKEN = origin.url, ""
    settings.STORE_DIR = tmp_path / "store"
    lines = []
    for member in FAMILY:
        checkpoint, before = checkpoint_of(origin, member), origin.sent()
        size = sum(row["size"] for row in checkpoint.files)
        first = seconds_of(checkpoint)
        fetched = origin.sent() - before
        again = seconds_of(checkpoint)
        lines.append(
            f"{member:<12} {size / MEGABYTE:6.1f} MB, fetched {fetched / MEGABYTE:6.1f} MB in "
            f"{1000 * first:6.1f} ms, again in {1000 * again:5.1f} ms"
        )
    unique = {row["sha256"]: row["size"] for row in origin.rows.values()}
    kept = sum(blob.size for blob in stores.default().blobs_here())
    assert kept == origin.sent() == sum(unique.values())
    lines.append(
        f"kept and fetched {kept / MEGABYTE:.1f} of {origin.size / MEGABYTE:.1f} MB: "
        f"{kept / origin.size:.2f} x"
    )
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
