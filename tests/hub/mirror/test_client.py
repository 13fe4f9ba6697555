"""Compatibility is what the real, unmodified client says it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from django.http import HttpRequest
from huggingface_hub import HfApi, close_session, constants, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from hub.actions.host_repository import host_repository
from hub.mirror import access
from hub.models.hosted import HostedCommit, HostedRepository
from tests.factories import make_user
from tests.hub.chaos import CuttingProxy
from tests.hub.repositories import make_token, write_repository

pytestmark = pytest.mark.urls("tests.hub.repositories")

NAME = "headwaters/brook"


@pytest.fixture(autouse=True)
def quiet_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The client as users have it, but for its bars, its cache at home and its survey of agents."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    disable_progress_bars()
    yield
    close_session()


@pytest.fixture
def endpoint(live_server: LiveServer, settings: Settings, tmp_path: Path) -> str:
    settings.STORE_DIR = tmp_path / "store"
    return f"{live_server.url}/mirror"


@pytest.fixture
def hf(endpoint: str) -> HfApi:
    return HfApi(endpoint=endpoint, token=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_repository(tmp_path / "brook")


@pytest.fixture
def commit(endpoint: str, folder: Path) -> HostedCommit:
    return host_repository(folder=folder, owner="headwaters", name="brook", tags=["v1"])


def test_it_reads_what_a_repository_is(hf: HfApi, commit: HostedCommit, folder: Path) -> None:
    info = hf.model_info(NAME, files_metadata=True)
    assert info.sha == commit.sha
    assert info.card_data is not None
    assert info.card_data["license"] == "apache-2.0"
    assert "base_model:headwaters/spring" in (info.tags or [])
    weights = next(s for s in info.siblings or [] if s.rfilename == "model.safetensors")
    assert weights.lfs is not None
    assert weights.size == (folder / "model.safetensors").stat().st_size
    assert hf.repo_exists(NAME)
    assert not hf.repo_exists("headwaters/none")
    assert hf.file_exists(NAME, "config.json")
    assert not hf.file_exists(NAME, "none.json")
    assert {ref.name for ref in hf.list_repo_refs(NAME).tags} == {"v1"}
    assert "evals/old/result.json" in hf.list_repo_files(NAME)
    assert len(list(hf.list_repo_tree(NAME, recursive=True))) == 7
    assert [file.path for file in hf.get_paths_info(NAME, ["config.json", "none"])] == [
        "config.json"
    ]
    assert hf.get_safetensors_metadata(NAME).parameter_count == {"F32": 120}


@pytest.mark.parametrize("revision", ["main", "v1", "refs/heads/main", None])
def test_it_downloads_by_branch_tag_and_sha(
    hf: HfApi, commit: HostedCommit, folder: Path, tmp_path: Path, revision: str | None
) -> None:
    got = hf.snapshot_download(NAME, revision=revision or commit.sha, cache_dir=tmp_path / "cache")
    for path in folder.rglob("*"):
        if path.is_file():
            assert (Path(got) / path.relative_to(folder)).read_bytes() == path.read_bytes()


def test_it_downloads_a_dataset_into_a_folder(hf: HfApi, endpoint: str, folder: Path) -> None:
    host_repository(folder=folder, owner="headwaters", name="pool", kind="dataset")
    assert hf.dataset_info("headwaters/pool").sha
    target = folder.parent / "local"
    hf.snapshot_download("headwaters/pool", repo_type="dataset", local_dir=target)
    assert (target / "config.json").read_bytes() == (folder / "config.json").read_bytes()


def test_a_dry_run_counts_and_a_second_snapshot_transfers_nothing(
    hf: HfApi, commit: HostedCommit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    planned = hf.snapshot_download(NAME, cache_dir=cache, dry_run=True)
    assert {item.filename for item in planned if item.will_download} == {
        file["path"] for file in commit.files
    }
    hf.snapshot_download(NAME, cache_dir=cache)
    gates: list[str] = []

    def counted(request: HttpRequest, repository: HostedRepository) -> None:
        gates.append(request.path)
        access.check_gate(request, repository)

    monkeypatch.setattr("hub.mirror.views.check_gate", counted)
    hf.snapshot_download(NAME, cache_dir=cache)
    assert gates == []  # no file was even asked about
    hf.hf_hub_download(NAME, "config.json", cache_dir=cache)
    assert len(gates) == 1  # the counter counts


def test_a_dropped_connection_is_resumed(endpoint: str, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4096 * 30  # 30 MiB: the client writes blocks of 10
    folder = write_repository(tmp_path / "big", {"model.safetensors": data})
    host_repository(folder=folder, owner="headwaters", name="big")
    proxy = CuttingProxy(int(endpoint.split(":")[2].split("/")[0]), [15 * 1024**2])
    through = f"http://127.0.0.1:{proxy.port}/mirror"
    got = hf_hub_download(
        "headwaters/big",
        "model.safetensors",
        endpoint=through,
        token=False,
        cache_dir=tmp_path / "cache",
    )
    proxy.close()
    assert Path(got).read_bytes() == data
    assert proxy.cuts == []


@pytest.mark.parametrize(
    ("name", "revision", "path", "error"),
    [
        ("headwaters/none", "main", "config.json", RepositoryNotFoundError),
        (NAME, "v9", "config.json", RevisionNotFoundError),
        (NAME, "refs/pr/1", "config.json", RevisionNotFoundError),
        (NAME, "main", "none.json", RemoteEntryNotFoundError),
    ],
)
def test_its_own_exceptions_come_out(
    hf: HfApi,
    commit: HostedCommit,
    tmp_path: Path,
    name: str,
    revision: str,
    path: str,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        hf.hf_hub_download(name, path, revision=revision, cache_dir=tmp_path / "cache")


def test_gates_and_tokens(endpoint: str, folder: Path, tmp_path: Path) -> None:
    host_repository(folder=folder, owner="headwaters", name="gated", gated=True)
    host_repository(folder=folder, owner="headwaters", name="private", private=True)
    stranger, reader = make_user(), make_user(role="maintainer")
    cache = tmp_path / "cache"

    def download(name: str, *, token: str | Literal[False]) -> str:
        return hf_hub_download(name, "config.json", endpoint=endpoint, token=token, cache_dir=cache)

    with pytest.raises(GatedRepoError):
        download("headwaters/gated", token=False)
    with pytest.raises(GatedRepoError):
        download("headwaters/gated", token=make_token(stranger))
    with pytest.raises(RepositoryNotFoundError):
        download("headwaters/private", token=make_token(stranger))
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        download("headwaters/private", token="hf_wrong")
    secret = make_token(reader)
    assert Path(download("headwaters/gated", token=secret)).is_file()
    assert Path(download("headwaters/private", token=secret)).is_file()


def test_a_renamed_repository_is_found_by_its_old_name(
    hf: HfApi, commit: HostedCommit, folder: Path, endpoint: str, tmp_path: Path
) -> None:
    host_repository(folder=folder, owner="rivers", name="delta", renamed_from=NAME)
    assert hf.model_info(NAME).id == "rivers/delta"
    got = snapshot_download(NAME, endpoint=endpoint, token=False, cache_dir=tmp_path / "cache")
    assert (Path(got) / "config.json").is_file()
