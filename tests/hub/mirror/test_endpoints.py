"""The mirror over plain HTTP: what headers and codes it answers with."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from hub import store as stores
from hub.actions.host_repository import host_repository
from hub.models import User
from hub.models.hosted import HostedCommit, HostedRepository
from hub.refusal import Refusal
from tests.hub.repositories import make_token, write_repository

pytestmark = [pytest.mark.urls("tests.hub.repositories"), pytest.mark.django_db]

WEIGHTS = "/mirror/headwaters/brook/resolve/main/model.safetensors"
CONFIG = "/mirror/headwaters/brook/resolve/main/config.json"


@pytest.fixture(autouse=True)
def own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_repository(tmp_path / "brook")


@pytest.fixture
def commit(folder: Path) -> HostedCommit:
    return host_repository(folder=folder, owner="headwaters", name="brook", tags=["v1"])


def body_of(response: object) -> bytes:
    return response.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_same_folder_is_the_same_commit(folder: Path, commit: HostedCommit) -> None:
    again = host_repository(folder=folder, owner="headwaters", name="brook")
    assert again == commit
    assert HostedCommit.objects.count() == 1
    (folder / "config.json").write_text("{}")
    changed = host_repository(folder=folder, owner="headwaters", name="brook")
    assert changed.parent == commit.sha
    assert HostedRepository.objects.get().refs == {
        "refs/heads/main": changed.sha,
        "refs/tags/v1": commit.sha,
    }


def test_the_command_hosts_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("host_repository", str(folder), "headwaters/pool", "--dataset", "--gated")
    repository = HostedRepository.objects.get(kind="dataset", name="pool")
    assert repository.gated
    assert "5 files" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["a..b", "-a", "a/b", ""])
def test_bad_names_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(Refusal) as refusal:
        host_repository(folder=folder, owner="headwaters", name=name)
    assert refusal.value.code == "bad_name"
    assert "name" in refusal.value.fields


def test_a_file_carries_what_the_client_needs(client: Client, commit: HostedCommit) -> None:
    weights = next(file for file in commit.files if file["path"] == "model.safetensors")
    response = client.head(WEIGHTS)
    assert response.status_code == 200
    assert response["X-Repo-Commit"] == commit.sha
    assert response["ETag"] == f'"{weights["sha256"]}"'
    assert response["X-Linked-Size"] == response["Content-Length"] == str(weights["size"])
    assert response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment")
    plain = client.get(CONFIG)
    assert len(plain["ETag"].strip('"')) == 40  # git's own name for what is not in LFS
    assert body_of(plain) == b'{"architectures": ["LlamaForCausalLM"]}'


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=2-5", 206, (2, 6)),
        ("bytes=30-", 206, (30, 39)),
        ("bytes=-3", 206, (36, 39)),
        ("bytes=30-99", 206, (30, 39)),
        ("bytes=39-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-2", 200, (0, 39)),
        ("bytes=0-1,4-5", 200, (0, 39)),
        ("chapters=1-2", 200, (0, 39)),
    ],
)
def test_ranges(
    client: Client, commit: HostedCommit, asked: str, status: int, span: tuple[int, int] | None
) -> None:
    whole = b'{"architectures": ["LlamaForCausalLM"]}'
    response = client.get(CONFIG, headers={"range": asked})
    assert response.status_code == status
    if span is None:
        assert response["Content-Range"] == "bytes */39"
        return
    body = body_of(response)
    assert body == whole[slice(*span)]
    assert response["Content-Length"] == str(len(body))
    if status == 206:
        assert response["Content-Range"] == f"bytes {span[0]}-{span[1] - 1}/39"


def test_a_known_etag_costs_no_bytes(client: Client, commit: HostedCommit) -> None:
    etag = client.head(CONFIG)["ETag"]
    assert client.get(CONFIG, headers={"if-none-match": etag}).status_code == 304
    assert client.get(CONFIG, headers={"if-none-match": '"x"'}).status_code == 200
    other = client.get(CONFIG, headers={"range": "bytes=0-1", "if-range": '"x"'})
    assert other.status_code == 200


def test_nginx_is_handed_the_file(client: Client, commit: HostedCommit, settings: Settings) -> None:
    settings.ACCEL_REDIRECT_PREFIX = "/blobs/"
    response = client.get(WEIGHTS)
    sha256 = response["ETag"].strip('"')
    assert response["X-Accel-Redirect"] == f"/blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"
    assert body_of(response) == b""


def test_the_tree_comes_in_pages(client: Client, commit: HostedCommit) -> None:
    url = "/mirror/api/models/headwaters/brook/tree/main?recursive=True&limit=3"
    paths: list[str] = []
    for _ in range(4):
        response = client.get(url)
        paths += [entry["path"] for entry in response.json()]
        if "Link" not in response:
            break
        url = response["Link"].removeprefix("<").split(">")[0]
    assert paths == [
        "README.md",
        "config.json",
        "evals",
        "evals/old",
        "evals/old/result.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    top = client.get("/mirror/api/models/headwaters/brook/tree/main").json()
    assert [entry["path"] for entry in top if entry["type"] == "directory"] == ["evals"]
    below = client.get("/mirror/api/models/headwaters/brook/tree/main/evals").json()
    assert [entry["path"] for entry in below] == ["evals/old"]


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("/mirror/api/models/headwaters/none", 401, "RepoNotFound"),
        ("/mirror/api/datasets/headwaters/brook", 401, "RepoNotFound"),
        ("/mirror/api/models/headwaters/brook/revision/v9", 404, "RevisionNotFound"),
        ("/mirror/headwaters/brook/resolve/refs/pr/7/config.json", 404, "RevisionNotFound"),
        ("/mirror/headwaters/brook/resolve/main/none.json", 404, "EntryNotFound"),
        ("/mirror/headwaters/brook/resolve/main/../../etc/passwd", 404, "EntryNotFound"),
        ("/mirror/api/models/headwaters/brook/tree/main/none", 404, "EntryNotFound"),
        ("/mirror/api/agent-harnesses", 404, None),
        ("/mirror/anything/else", 404, None),
    ],
)
def test_errors_follow_the_contract(
    client: Client, commit: HostedCommit, url: str, status: int, code: str | None
) -> None:
    response = client.get(url)
    assert response.status_code == status
    assert response.get("X-Error-Code") == code
    assert response["X-Error-Message"]
    assert response.json()["error"]


def test_nothing_can_be_written(client: Client, commit: HostedCommit) -> None:
    writes = [
        "/mirror/api/repos/create",
        "/mirror/api/models/headwaters/brook/commit/main",
        "/mirror/api/models/headwaters/brook",
        WEIGHTS,
    ]
    for url in writes:
        for method in (client.post, client.put, client.patch, client.delete):
            assert method(url).status_code == 501


def test_a_private_repository_looks_like_none(
    client: Client, folder: Path, sam: User, ann: User, cleo: User
) -> None:
    commit = host_repository(folder=folder, owner="headwaters", name="brook", private=True)
    commit.repository.readers.add(ann)
    url = "/mirror/api/models/headwaters/brook"
    missing, private = client.get(f"{url}-2"), client.get(url)
    assert (private.status_code, private["X-Error-Code"]) == (401, "RepoNotFound")
    assert (private.content, private.headers) == (missing.content, missing.headers)
    statuses = {}
    for person in (sam, ann, cleo):
        headers = {"authorization": f"Bearer {make_token(person)}"}
        statuses[person.username] = client.get(url, headers=headers).status_code
    assert statuses == {"sam": 404, "ann": 200, "cleo": 200}
    wrong = client.get(url, headers={"authorization": "Bearer hf_wrong"})
    assert wrong.status_code == 401
    assert "X-Error-Code" not in wrong


def test_a_gated_repository_is_seen_but_not_read(
    client: Client, folder: Path, sam: User, ann: User
) -> None:
    commit = host_repository(folder=folder, owner="headwaters", name="brook", gated=True)
    commit.repository.readers.add(ann)
    info = client.get("/mirror/api/models/headwaters/brook")
    assert info.json()["gated"] == "manual"
    anonymous = client.head(WEIGHTS)
    assert (anonymous.status_code, anonymous["X-Error-Code"]) == (401, "GatedRepo")
    stranger = client.head(WEIGHTS, headers={"authorization": f"Bearer {make_token(sam)}"})
    assert (stranger.status_code, stranger["X-Error-Code"]) == (403, "GatedRepo")
    reader = client.head(WEIGHTS, headers={"authorization": f"Bearer {make_token(ann)}"})
    assert reader.status_code == 200
    assert "private" in reader["Cache-Control"]


def test_a_session_opens_no_gate(client: Client, folder: Path, cleo: User) -> None:
    host_repository(folder=folder, owner="headwaters", name="brook", private=True)
    client.force_login(cleo)
    assert client.get("/mirror/api/models/headwaters/brook").status_code == 401


def test_a_renamed_repository_sends_on(client: Client, folder: Path, commit: HostedCommit) -> None:
    host_repository(folder=folder, owner="rivers", name="brook-2", renamed_from="headwaters/brook")
    response = client.get(WEIGHTS + "?download=true")
    assert response.status_code == 307
    target = "/mirror/rivers/brook-2/resolve/main/model.safetensors?download=true"
    assert response["Location"] == target
    assert HostedRepository.objects.get() == commit.repository


def test_a_renamed_private_repository_stays_unknown(client: Client, folder: Path) -> None:
    host_repository(folder=folder, owner="headwaters", name="brook")
    host_repository(
        folder=folder, owner="rivers", name="x", renamed_from="headwaters/brook", private=True
    )
    assert client.get(WEIGHTS).status_code == 401


def test_a_lost_blob_is_not_an_empty_file(client: Client, commit: HostedCommit) -> None:
    weights = next(file for file in commit.files if file["path"] == "model.safetensors")
    stores.default().path_of(weights["sha256"]).unlink()
    assert client.get(WEIGHTS).status_code == 503
