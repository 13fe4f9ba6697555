"""What the checks of a typical variant cost a worker: every check, its seconds, and all together.

pytest -m benchmark -s tests/benchmarks/test_checks.py
"""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from contributions.actions.check import run_check
from hub.actions.host_repository import host_repository
from hub.models import User
from tests.contributions.stories import head_checks, submitted
from tests.factories import make_user
from tests.repos import CONFIG, card, host, weights
from tests.toys import micro_model

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

LAYERS = 32
MATRICES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@pytest.fixture
def author(live_server: Any, settings: Settings, tmp_path: Path) -> User:
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    settings.STORE_DIR = tmp_path / "store"
    return make_user("ann")


def measured(author: User, full_name: str, what: str) -> None:
    contribution = submitted(author, full_name, parameters=None, architecture="")
    started = time.monotonic()
    for name, check in head_checks(contribution).items():
        run_check(check_id=check.pk, worker="benchmark")
        check.refresh_from_db()
        print(f"  {name:14}{check.seconds or 0:7.2f} s  {check.state}")
    print(f"  {what}: {time.monotonic() - started:.1f} s altogether")


def test_a_typical_variant(author: User) -> None:
    """Four shards, 226 tensors, a card, an ordinary set of text files; too large to be tried."""
    index: dict[str, str] = {}
    files: dict[str, bytes | None] = {
        "README.md": card("A long card. " * 2000),
        "config.json": json.dumps(
            {**CONFIG, "num_hidden_layers": LAYERS, "intermediate_size": 128}
        ).encode(),
        "model.safetensors": None,
        "tokenizer.json": json.dumps(
            {"model": {"vocab": {str(n): n for n in range(150_000)}}}
        ).encode(),
    }
    for shard in range(4):
        path = f"model-0000{shard + 1}-of-00004.safetensors"
        layers = range(shard * LAYERS // 4, (shard + 1) * LAYERS // 4)
        tensors: dict[str, Any] = {
            f"model.layers.{layer}.mlp.{matrix}.weight": ("BF16", [128, 256])
            for layer in layers
            for matrix in MATRICES
        }
        index |= dict.fromkeys(tensors, path)
        files[path] = weights(path, tensors)
    files["model.safetensors.index.json"] = json.dumps({"weight_map": index}).encode()
    for number in range(20):
        files[f"scripts/step_{number}.py"] = b"value = 1  # nothing to see\n" * 500
    host("headwaters/brook", files)
    measured(author, "headwaters/brook", "as large as most")


def test_a_small_one_that_is_tried(
    author: User, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With a start of the harness."""
    settings.SMOKE_MAX_BYTES = 2**30
    host_repository(
        folder=micro_model(tmp_path_factory), owner="headwaters", name="micro", kind="model"
    )
    measured(author, "headwaters/micro", "with its smoke test")
