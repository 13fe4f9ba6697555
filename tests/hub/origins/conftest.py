from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from hub import store as stores
from hub.store import Store
from tests.hub.origins.misbehaving import Misbehaving, misbehaving
from tests.hub.repositories import CARD, safetensors

WEIGHTS = safetensors({"a": ("F32", [500, 1000]), "b": ("F32", [20])}, bytes(range(251)))


@pytest.fixture
def hub() -> Iterator[Misbehaving]:
    """A repository `a/b` with 2 MB of weights, behind a server that does as it is told."""
    files = {
        "README.md": CARD.encode(),
        "config.json": b'{"architectures": ["LlamaForCausalLM"]}',
        "model.safetensors": WEIGHTS,
        "training_args.bin": b"pickle",
    }
    with misbehaving(files) as server:
        yield server


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path, hub: Misbehaving) -> Store:
    """This test's own store; the origin is `hub`, and its patience is short."""
    settings.STORE_DIR = tmp_path / "store"
    settings.HF_ENDPOINT = hub.url
    settings.HF_TOKEN = ""
    settings.ORIGIN_TIMEOUT = 0.5
    # Tests send on to other ports of this machine.
    settings.ORIGIN_HOSTS = ["127.0.0.1"]
    return stores.default()
