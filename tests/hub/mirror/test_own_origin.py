"""The hub as its own origin: what one side serves, the other describes, fetches and verifies."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from hub import origins
from hub import store as stores
from hub.actions.host_repository import host_repository
from hub.actions.publish_variant import publish_variant
from hub.facts import VariantFacts
from hub.models import User
from hub.models.user import Role
from hub.origins import OriginError
from hub.origins.fetch import fetch_checkpoint
from hub.store import Store
from tests.factories import make_user
from tests.hub.chaos import CuttingProxy
from tests.hub.repositories import CARD, make_token, safetensors, write_repository

pytestmark = pytest.mark.urls("tests.hub.repositories")


@pytest.fixture(autouse=True)
def own_origin(live_server: LiveServer, settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"
    settings.HF_ENDPOINT = f"{live_server.url}/mirror"
    settings.HF_TOKEN = ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_repository(tmp_path / "brook")


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(OriginError) as error:
        call()
    return error.value.code


def test_describe_and_manifest(folder: Path, settings: Settings) -> None:
    commit = host_repository(folder=folder, owner="headwaters", name="brook", tags=["v1"])
    description = origins.get().describe("headwaters/brook", "v1")
    assert (description.commit, description.card_text) == (commit.sha, CARD)
    manifest = origins.get().manifest(description)
    hosted = {file["path"]: file["sha256"] for file in commit.files}
    assert {row["path"]: row["sha256"] for row in manifest.files} == {
        path: hosted[path] for path in ("config.json", "model.safetensors", "tokenizer.json")
    }
    assert (manifest.parameters, manifest.dtype) == (120, "float32")


def test_a_published_checkpoint_is_fetched_through_broken_connections(
    folder: Path,
    cleo: User,
    settings: Settings,
    live_server: LiveServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = safetensors({"a": ("F32", [1_000_000])}, b"abc")
    (folder / "model.safetensors").write_bytes(data)
    commit = host_repository(folder=folder, owner="headwaters", name="brook")
    origin = origins.get()
    facts = VariantFacts("headwaters", "brook", "headwaters/brook")
    manifest = origin.manifest(origin.describe("headwaters/brook"))
    checkpoint = publish_variant(actor=cleo, facts=facts, manifest=manifest).checkpoints.get()
    assert checkpoint.commit == commit.sha
    proxy = CuttingProxy(int(live_server.url.rsplit(":", 1)[1]), [len(data) // 2])
    settings.HF_ENDPOINT = f"http://127.0.0.1:{proxy.port}/mirror"
    # The server is in this process and has its store already; the fetching side gets its own.
    there, here = stores.default(), Store(settings.STORE_DIR.with_name("here"))
    monkeypatch.setattr("hub.origins.fetch.stores.default", lambda: here)
    monkeypatch.setattr("hub.mirror.bytes.stores", SimpleNamespace(default=lambda: there))
    fetch_checkpoint(checkpoint, on_progress=lambda *_: None, cancelled=lambda: False)
    proxy.close()
    assert all(here.verify(row["sha256"]) for row in checkpoint.files)
    assert proxy.cuts == []


def test_old_names_gates_and_private_repositories(folder: Path, settings: Settings) -> None:
    host_repository(folder=folder, owner="headwaters", name="brook")
    host_repository(folder=folder, owner="rivers", name="delta", renamed_from="headwaters/brook")
    assert origins.get().describe("headwaters/brook").repo_id == "rivers/delta"
    host_repository(folder=folder, owner="headwaters", name="gated", gated=True)
    host_repository(folder=folder, owner="headwaters", name="private", private=True)
    gated = origins.get().describe("headwaters/gated")
    assert (gated.gated, gated.card_text) == (True, "")
    assert code_of(lambda: origins.get().manifest(gated)) == "gated"
    assert code_of(lambda: origins.get().describe("headwaters/private")) == "repo_not_found"
    settings.HF_TOKEN = make_token(make_user(role=Role.MAINTAINER))
    assert origins.get().describe("headwaters/private").private
    assert origins.get().manifest(gated).parameters == 120
    settings.HF_TOKEN = "hf_wrong"
    assert code_of(lambda: origins.get().describe("headwaters/private")) == "bad_token"
