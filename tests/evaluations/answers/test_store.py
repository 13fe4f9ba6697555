"""The same answers in a folder and in a bucket: a real S3 server on loopback."""

import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.storage import storages
from pytest_django.fixtures import Settings

from evaluations.answers import bucket as buckets
from evaluations.answers import read, store
from tests.evaluations.answering import kept, line_of
from tests.running import eventually

SECRET = "a-secret-that-no-log-may-hold"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a moto server, in a process of its own."""
    log = tmp_path_factory.mktemp("s3") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=out,
            stderr=out,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        eventually(lambda: "Running on http://" in log.read_text(), what=log.read_text())
        yield log.read_text().split("Running on ")[1].split()[0]
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def bucket(s3: str, settings: Settings) -> Any:
    settings.ANSWERS_S3_BUCKET = "answers-of-models"
    settings.ANSWERS_S3_ENDPOINT = s3
    settings.ANSWERS_S3_REGION = "us-east-1"
    settings.ANSWERS_S3_ACCESS_KEY = "key"
    settings.ANSWERS_S3_SECRET_KEY = SECRET
    backend = {"BACKEND": "evaluations.answers.bucket.AnswersBucket"}
    settings.STORAGES = {**settings.STORAGES, "answers": backend}
    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key=SECRET,
    )
    client.create_bucket(Bucket="answers-of-models")
    yield client
    for item in client.list_objects_v2(Bucket="answers-of-models").get("Contents", ()):
        client.delete_object(Bucket="answers-of-models", Key=item["Key"])
    client.delete_bucket(Bucket="answers-of-models")


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.STORE_DIR = tmp_path / "store"
    return tmp_path / "store" / "answers"


def many(count: int = 3000) -> str:
    """Answers that do not compress into one read."""
    lines = [
        line_of(number, [hashlib.sha512(f"{number}".encode()).hexdigest() * 8], 1.0)
        for number in range(count)
    ]
    return kept([lines], [1.0] * count)


def test_answers_lie_in_a_folder_under_their_digest_once(folder: Path) -> None:
    sha256 = many(10)
    assert many(10) == sha256
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [f"{sha256}.parquet"]
    assert (store.exists(sha256), store.verify(sha256), store.exists("0" * 64)) == (
        True,
        True,
        False,
    )
    assert not store.verify("0" * 64)


def test_a_byte_that_was_altered_is_found_out(folder: Path) -> None:
    sha256 = many(10)
    path = folder / store.name_of(sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    assert not store.verify(sha256)
    with pytest.raises(OSError, match="altered"):
        store.copy_out(sha256, folder / "copy")
    with pytest.raises(OSError, match=r"integrity|cannot be read|Parquet"):
        b"".join(read.json_lines(sha256))


def test_what_could_not_be_written_whole_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        many(10)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_name_that_is_no_digest_never_reaches_the_storage(folder: Path) -> None:
    for name in ("../../etc/passwd", "A" * 64, ""):
        with pytest.raises(ValueError, match="not a SHA-256"):
            store.exists(name)


def test_a_bucket_keeps_the_same_bytes_as_a_folder(
    folder: Path, bucket: Any, settings: Settings
) -> None:
    sha256 = many(600)
    assert store.exists(sha256)
    assert store.verify(sha256)
    [item] = bucket.list_objects_v2(Bucket="answers-of-models")["Contents"]
    assert item["Key"] == f"answers/{store.name_of(sha256)}"
    rows = read.read_rows(sha256, [0, 599], ["doc_id", "prompt"])
    settings.STORAGES = {
        **settings.STORAGES,
        "answers": {"BACKEND": "evaluations.answers.folder.AnswersFolder"},
    }
    assert many(600) == sha256
    assert read.read_rows(sha256, [0, 599], ["doc_id", "prompt"]) == rows


def test_of_a_bucket_only_the_group_that_is_asked_for_is_brought(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = many()
    size = bucket.head_object(Bucket="answers-of-models", Key=f"answers/{store.name_of(sha256)}")[
        "ContentLength"
    ]
    brought: list[int] = []
    original = buckets._Ranges.readinto

    def counted(self: Any, buffer: Any) -> int:
        count = original(self, buffer)
        brought.append(count)
        return count

    monkeypatch.setattr(buckets._Ranges, "readinto", counted)
    [row] = read.read_rows(sha256, [1500], ["prompt", "answers"])
    assert row["prompt"] == "Question 1500\nAnswer:"
    assert 0 < sum(brought) < size / 4
    brought.clear()
    read.read_rows(sha256, [1501], ["prompt", "answers"])
    assert sum(brought) < size / 8, "the footer is known by now"


def test_a_storage_that_is_away_is_named_without_its_secrets(
    bucket: Any, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(FileNotFoundError):
        store.open_file("0" * 64)
    settings.ANSWERS_S3_BUCKET = "no-such-bucket"
    settings.STORAGES = {**settings.STORAGES}
    with pytest.raises(OSError, match="refuses"):
        many(3)
    settings.ANSWERS_S3_ENDPOINT = "http://127.0.0.1:9"
    settings.STORAGES = {**settings.STORAGES}
    storages["answers"].client_config = storages["answers"].client_config.merge(  # type: ignore[attr-defined]
        buckets_config()
    )
    with pytest.raises(OSError, match="is away") as failure:
        store.exists("0" * 64)
    assert SECRET not in str(failure.value) + caplog.text


def buckets_config() -> Any:
    """No patience: a refused connection is tried once."""
    from botocore.config import Config

    return Config(connect_timeout=1, retries={"max_attempts": 0})
