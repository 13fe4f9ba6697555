"""Fetching against a server that misbehaves: its own reason each time, nothing half-written."""

import hashlib
import os
import threading
import time
from collections.abc import Callable

import pytest
from huggingface_hub import constants
from pytest_django.fixtures import Settings

from hub.manifest import Manifest
from hub.models import Checkpoint
from hub.origins import OriginError
from hub.origins.errors import Cancelled
from hub.origins.fetch import fetch_checkpoint
from hub.store import Store
from tests.factories import make_variant
from tests.hub.origins.conftest import WEIGHTS
from tests.hub.origins.misbehaving import COMMIT, Misbehaving, misbehaving, unused_port

BIG = hashlib.sha256(WEIGHTS).hexdigest()


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client writes every 10 MB; the files here are smaller than that."""
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 64 * 1024)


@pytest.fixture
def checkpoint(db: None, hub: Misbehaving) -> Checkpoint:
    rows = [
        {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in hub.files.items()
    ]
    manifest = Manifest.of(COMMIT, rows)  # type: ignore[arg-type]
    return Checkpoint(
        variant=make_variant("a/b"),
        commit=COMMIT,
        files=list(manifest.files),
        digest=manifest.digest,
        weights_digest=manifest.weights_digest,
        size=manifest.size,
    )


def fetch(
    checkpoint: Checkpoint, cancelled: Callable[[], bool] = lambda: False
) -> list[tuple[int, int]]:
    progress: list[tuple[int, int]] = []
    fetch_checkpoint(
        checkpoint,
        on_progress=lambda done, total: progress.append((done, total)),
        cancelled=cancelled,
    )
    return progress


def failure(checkpoint: Checkpoint, store: Store) -> OriginError:
    """The reason; the weights are not in the store, whole or in part, where a reader would look."""
    with pytest.raises(OriginError) as error:
        fetch(checkpoint)
    assert not store.has(BIG)
    assert "{" not in error.value.message
    return error.value


def test_every_file_is_here_and_nothing_else(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving
) -> None:
    progress = fetch(checkpoint)
    assert all(store.verify(row["sha256"]) for row in checkpoint.files)
    assert progress[-1] == (checkpoint.size, checkpoint.size)
    assert hub.sent == checkpoint.size
    assert len(hub.requests) == 2  # no questions before, no pickles, no card
    assert all("hf_hub/2.4" in headers["User-Agent"] for _, _, headers in hub.requests)
    assert list(store.partials.iterdir()) == []


def test_what_is_here_is_not_fetched_again(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving
) -> None:
    fetch(checkpoint)
    hub.requests.clear()
    assert fetch(checkpoint) == [(checkpoint.size, checkpoint.size)]
    assert hub.requests == []


@pytest.mark.parametrize("ignore_range", [False, True])
def test_a_dropped_connection_goes_on_where_it_broke(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving, *, ignore_range: bool
) -> None:
    hub.drop_after, hub.drops, hub.ignore_range = 1024 * 1024, 1, ignore_range
    fetch(checkpoint)
    assert store.verify(BIG)
    ranges = [headers.get("Range") for _, path, headers in hub.requests if "model" in path]
    assert len(ranges) == 2
    assert (ranges[1] or "").startswith("bytes=")
    if not ignore_range:
        assert hub.sent <= checkpoint.size + 64 * 1024


def test_what_arrived_before_a_failure_is_resumed_by_the_next_fetch(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving
) -> None:
    hub.drop_after, hub.drops, hub.status_after_drop = 256 * 1024, 1, 503
    assert failure(checkpoint, store).code == "origin_down"
    first = hub.sent
    hub.drop_after, hub.status = None, 0
    fetch(checkpoint)
    assert store.verify(BIG)
    assert hub.sent <= checkpoint.size + 4 * 64 * 1024
    assert first >= 256 * 1024


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"corrupt": True}, "checksum_mismatch"),
        ({"longer": 5}, "size_mismatch"),
        ({"status": 500}, "origin_down"),
        ({"status": 403}, "private"),
        ({"status": 401, "headers": {"X-Error-Code": "GatedRepo"}}, "gated"),
        ({"status": 401}, "unauthorised"),
        ({"status": 404, "headers": {"X-Error-Code": "EntryNotFound"}}, "file_not_found"),
        ({"status": 404, "headers": {"X-Error-Code": "RevisionNotFound"}}, "revision_not_found"),
        ({"status": 429, "headers": {"Retry-After": "3600"}}, "rate_limited"),
        ({"status": 429, "headers": {"Retry-After": "0"}}, "rate_limited"),
        ({"drop_after": 0, "drops": -1}, "truncated"),
        ({"stall_after": 0}, "origin_slow"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_fault_ends_in_its_own_reason(
    checkpoint: Checkpoint,
    store: Store,
    hub: Misbehaving,
    settings: Settings,
    fault: dict[str, object],
    code: str,
) -> None:
    settings.ORIGIN_TIMEOUT = 0.2
    for name, value in fault.items():
        setattr(hub, name, value)
    assert failure(checkpoint, store).code == code


def test_weights_come_from_no_host_that_nobody_named(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving, settings: Settings
) -> None:
    settings.ORIGIN_HOSTS = []
    with misbehaving(hub.files) as inner:
        hub.redirect = inner.url
        assert failure(checkpoint, store).code == "foreign_host"
        assert inner.requests == []


def test_corrupt_bytes_are_forgotten(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving
) -> None:
    hub.corrupt = True
    checkpoint.files = [row for row in checkpoint.files if row["sha256"] == BIG]
    assert failure(checkpoint, store).code == "checksum_mismatch"
    assert not (store.partials / f"{BIG}.partial").exists()
    hub.corrupt = False
    fetch(checkpoint)
    assert store.verify(BIG)


def test_bytes_of_the_wrong_size_are_forgotten(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving
) -> None:
    checkpoint.files = [row for row in checkpoint.files if row["sha256"] == BIG]
    for data in (WEIGHTS + b"x" * 5, WEIGHTS[:-5]):
        hub.files["model.safetensors"] = data
        assert failure(checkpoint, store).code == "size_mismatch"
        assert list(store.partials.iterdir()) == []


def test_a_bad_part_from_before_does_not_condemn_the_origin(
    checkpoint: Checkpoint, store: Store
) -> None:
    with store.claim(BIG) as partial:
        assert partial is not None
        partial.write(b"not the beginning of it")
    fetch(checkpoint)
    assert store.verify(BIG)


def test_nobody_listens(checkpoint: Checkpoint, store: Store, settings: Settings) -> None:
    settings.HF_ENDPOINT = f"http://127.0.0.1:{unused_port()}"
    assert failure(checkpoint, store).code == "origin_down"


def test_nobody_answers(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving, settings: Settings
) -> None:
    settings.ORIGIN_TIMEOUT = 0.1
    hub.hang.set()
    assert failure(checkpoint, store).code == "origin_slow"


def test_a_long_wait_is_left_to_the_queue(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving
) -> None:
    hub.status, hub.headers = 429, {"RateLimit": '"resolvers";r=0;t=290'}
    # Waiting here would hold the worker, and this test, for five minutes.
    error = failure(checkpoint, store)
    assert (error.code, error.retryable) == ("rate_limited", True)
    assert "for 290 seconds" in error.message


@pytest.mark.parametrize("setting", ["CHECKPOINT_MAX_BYTES", "CHECKPOINT_MAX_FILES"])
def test_limits_hold_before_a_byte_moves(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving, settings: Settings, setting: str
) -> None:
    setattr(settings, setting, 1)
    assert failure(checkpoint, store).code in {"too_large", "too_many_files"}
    assert hub.requests == []


def test_what_does_not_fit_is_not_begun(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving
) -> None:
    checkpoint.files = [
        {**row, "size": row["size"] + 2**50 if row["sha256"] == BIG else row["size"]}
        for row in checkpoint.files
    ]
    error = failure_with_limits_off(checkpoint, store)
    assert (error.code, error.whose, error.retryable) == ("disk_full", "hub", True)
    assert hub.requests == []


def failure_with_limits_off(checkpoint: Checkpoint, store: Store) -> OriginError:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.CHECKPOINT_MAX_BYTES", 2**60)
        return failure(checkpoint, store)


@pytest.mark.parametrize("fault", ["stall_after", "hang"])
def test_cancelling_does_not_wait_for_a_dead_connection(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving, settings: Settings, fault: str
) -> None:
    settings.ORIGIN_TIMEOUT = 3600
    if fault == "hang":
        hub.hang.set()
    else:
        hub.stall_after = 128 * 1024
    with pytest.raises(Cancelled):
        fetch(checkpoint, lambda: bool(hub.requests))
    assert not store.has(BIG)
    hub.gone.set()


def test_a_cancelled_fetch_asks_no_more(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving, settings: Settings
) -> None:
    settings.ORIGIN_TIMEOUT = 0.2
    before = set(threading.enumerate())
    hub.hang.set()
    with pytest.raises(Cancelled):
        fetch(checkpoint, lambda: bool(hub.requests))
    asked = len(hub.requests)
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("fetch-"):
            thread.join(timeout=5)
            assert not thread.is_alive()
    assert len(hub.requests) == asked
    hub.gone.set()
    hub.hang.clear()
    fetch(checkpoint)
    assert store.verify(BIG)


def test_a_lost_lease_in_the_callback_stops_the_fetch(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving
) -> None:
    class LeaseLost(Exception):
        pass

    def cancelled() -> bool:
        raise LeaseLost

    with pytest.raises(LeaseLost):
        fetch(checkpoint, cancelled)


def test_one_download_serves_many_waiters(
    checkpoint: Checkpoint, store: Store, hub: Misbehaving
) -> None:
    start = threading.Barrier(4)
    done: list[int] = []
    checkpoint.variant.repo_id  # noqa: B018 (loaded here: threads touch no database)

    def one() -> None:
        start.wait(timeout=10)
        done.append(len(fetch(checkpoint)))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(done) == 4
    assert hub.sent == checkpoint.size
    assert store.verify(BIG)


def test_callbacks_run_in_the_callers_thread(checkpoint: Checkpoint) -> None:
    threads = set()

    def note(*_: object) -> bool:
        threads.add(threading.get_ident())
        return False

    fetch_checkpoint(checkpoint, on_progress=note, cancelled=note)  # type: ignore[arg-type]
    assert threads == {threading.get_ident()}


def test_orphans_of_the_killed_are_swept(checkpoint: Checkpoint, store: Store) -> None:
    orphan = store.partials / f"{'0' * 64}.partial"
    orphan.write_bytes(b"x")
    old = time.time() - 2 * 24 * 3600
    os.utime(orphan, (old, old))
    fetch(checkpoint)
    assert not orphan.exists()
