"""Room in the store: what goes, what never goes, and what happens to whoever comes at that moment."""

import hashlib
import os
import time
from collections.abc import Collection
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from evaluations.models import BenchmarkVersion
from hub import eviction
from hub import store as stores
from hub.actions.evict import tidy_store
from hub.actions.host_repository import host_repository
from hub.manifest import FileRow, Manifest
from hub.models import Checkpoint, ModelVariant
from hub.origins import OriginError
from hub.origins.fetch import lay_out
from hub.store import Store
from tests.factories import make_benchmark_version, make_checkpoint, make_recipe, make_run
from tests.hub.repositories import write_repository

pytestmark = pytest.mark.django_db

MEBIBYTE = 1024**2
LONG_AGO = 30 * 24 * 3600


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> Store:
    settings.STORE_DIR = tmp_path / "store"
    return stores.default()


def keep(store: Store, name: str, *, age: float = 3600, size: int = MEBIBYTE) -> FileRow:
    """A file in the store that was written, and used last, so many seconds ago."""
    sha256 = store.add_bytes(name.encode().ljust(size, b"."))
    then = time.time() - age
    os.utime(store.path_of(sha256), (then, then))
    return FileRow(path=f"{name}.safetensors", size=size, sha256=sha256)


def checkpoint_of(*rows: FileRow, **fields: Any) -> Checkpoint:
    commit = hashlib.sha1(repr(rows).encode(), usedforsecurity=False).hexdigest()
    return make_checkpoint(manifest=Manifest.of(commit, rows), **fields)


def here(store: Store, *rows: FileRow) -> list[bool]:
    return [store.has(row["sha256"]) for row in rows]


def test_what_was_used_longest_ago_goes_first(store: Store) -> None:
    rows = [keep(store, name, age=age) for name, age in (("a", 2000), ("b", 9000), ("c", 5000))]
    for row in rows:
        checkpoint_of(row)
    assert eviction.evict(1, store) == MEBIBYTE
    assert here(store, *rows) == [True, False, True]
    store.touch(rows[2]["sha256"])
    assert eviction.evict(MEBIBYTE, store) == MEBIBYTE
    assert here(store, *rows) == [False, False, True]


def test_the_limit_makes_room_for_what_comes(store: Store, settings: Settings) -> None:
    rows = [keep(store, name, age=9000) for name in "abc"]
    for row in rows:
        checkpoint_of(row)
    settings.STORE_MAX_BYTES = 3 * MEBIBYTE
    assert eviction.make_room(0, store) == 0
    assert eviction.make_room(2 * MEBIBYTE, store) == 2 * MEBIBYTE
    assert sum(here(store, *rows)) == 1


def test_what_the_disk_has_to_keep_free_is_kept_free(store: Store, settings: Settings) -> None:
    row = keep(store, "a", age=9000)
    checkpoint_of(row)
    settings.STORE_MIN_FREE_BYTES = store.free_bytes() + 1
    tidy_store()
    assert here(store, row) == [False]


def test_without_limits_nothing_goes(store: Store) -> None:
    row = keep(store, "a", age=LONG_AGO)
    checkpoint_of(row)
    tidy_store()
    assert here(store, row) == [True]


@pytest.mark.parametrize(
    "fields", [{"origin_state": "gone"}, {"origin_state": "replaced"}], ids=["gone", "replaced"]
)
def test_what_no_origin_has_any_more_stays(store: Store, fields: dict[str, str]) -> None:
    row = keep(store, "a", age=9000)
    checkpoint = checkpoint_of(row)
    ModelVariant.objects.filter(pk=checkpoint.variant_id).update(**fields)
    assert eviction.evict(MEBIBYTE, store) == 0
    assert here(store, row) == [True]


def test_what_a_run_holds_stays_until_it_ended(store: Store) -> None:
    row = keep(store, "a", age=9000)
    run = make_run(checkpoint_of(row), [make_recipe()], state="running")
    assert eviction.evict(MEBIBYTE, store) == 0
    type(run).objects.update(state="published")
    assert eviction.evict(MEBIBYTE, store) == MEBIBYTE


def test_what_is_laid_out_stays_whatever_the_rows_say(store: Store, tmp_path: Path) -> None:
    row = keep(store, "a")
    checkpoint_of(row)
    store.lay_out([row], tmp_path / "run")
    then = time.time() - 9000
    os.utime(store.path_of(row["sha256"]), (then, then))
    assert eviction.evict(MEBIBYTE, store) == 0


def test_what_was_used_a_moment_ago_stays(store: Store) -> None:
    row = keep(store, "a", age=eviction.RECENT_SECONDS - 60)
    checkpoint_of(row)
    assert eviction.evict(MEBIBYTE, store) == 0


def test_what_this_hub_serves_itself_stays(store: Store, tmp_path: Path) -> None:
    weights = b"w" * MEBIBYTE
    folder = write_repository(tmp_path / "served", {"model.safetensors": weights})
    host_repository(folder=folder, owner="sea", name="salt")
    row = keep(store, "other", age=9000)
    sha256 = hashlib.sha256(weights).hexdigest()
    os.utime(store.path_of(sha256), (0, 0))
    checkpoint_of(FileRow(path="model.safetensors", size=MEBIBYTE, sha256=sha256))
    checkpoint_of(row)
    assert eviction.evict(10 * MEBIBYTE, store) == MEBIBYTE
    assert store.has(sha256)


def test_benchmark_data_in_a_repository_is_no_way_to_have_it_evicted(store: Store) -> None:
    row = keep(store, "questions", age=9000)
    version = make_benchmark_version()
    BenchmarkVersion.objects.filter(pk=version.pk).update(data_sha256=row["sha256"])
    checkpoint_of(row)
    assert eviction.evict(MEBIBYTE, store) == 0


def test_what_only_the_checks_of_a_contribution_name_as_well_may_go() -> None:
    assert "contributions.Check.findings" in eviction.fetched_again


def test_small_files_stay_where_asking_again_takes_longer(store: Store) -> None:
    row = keep(store, "small", age=9000, size=1000)
    checkpoint_of(row)
    assert eviction.evict(1, store) == 0


def test_what_nobody_names_is_not_evicted_but_collected_in_time(store: Store) -> None:
    orphan, fresh = keep(store, "orphan", age=LONG_AGO), keep(store, "fresh")
    named = keep(store, "named", age=LONG_AGO)
    checkpoint_of(named)
    assert eviction.evict(10 * MEBIBYTE, store) == MEBIBYTE  # the named one
    assert eviction.remove_orphans(store) == [orphan["sha256"]]
    assert here(store, orphan, fresh) == [False, True]


def test_a_digest_in_prose_or_in_json_is_a_name(store: Store) -> None:
    row = keep(store, "told", age=LONG_AGO)
    variant = make_checkpoint().variant
    variant.retired_why = f"Its file {row['sha256']} was altered."
    variant.save()
    assert eviction.remove_orphans(store) == []


# --- Somebody comes at that moment


def test_what_goes_while_it_is_laid_out_is_fetched_again(store: Store, tmp_path: Path) -> None:
    row, data = keep(store, "a"), b"a".ljust(MEBIBYTE, b".")
    store.drop(row["sha256"])
    fetched = []

    def fetch() -> None:
        fetched.append(store.add_bytes(data))

    lay_out([row], tmp_path / "run", fetch=fetch)
    assert fetched == [row["sha256"]]
    assert (tmp_path / "run" / "a.safetensors").read_bytes() == data


def test_a_store_that_lets_go_faster_than_files_come_says_so(store: Store, tmp_path: Path) -> None:
    row = keep(store, "a")
    store.drop(row["sha256"])
    with pytest.raises(OriginError) as error:
        lay_out([row], tmp_path / "run", fetch=lambda: None)
    assert error.value.code == "disk_full"


def test_evicting_and_laying_out_at_once_loses_nothing(store: Store, tmp_path: Path) -> None:
    """A thread evicts again and again what another lays out: each folder is whole."""
    data = {name: name.encode().ljust(MEBIBYTE, b".") for name in "abcd"}
    rows = [
        FileRow(path=name, size=MEBIBYTE, sha256=store.add_bytes(text))
        for name, text in data.items()
    ]
    stop = Event()

    def evict() -> None:
        while not stop.wait(0.002):
            for row in rows:
                store.remove(row["sha256"])

    def fetch() -> None:
        for text in data.values():
            store.add_bytes(text)

    evictor = Thread(target=evict)
    evictor.start()
    whole = 0
    try:
        for number in range(20):
            folder = tmp_path / f"run-{number}"
            try:
                lay_out(rows, folder, fetch=fetch)
            except OriginError:
                continue  # three times in a row: said, not half laid out
            assert {name: (folder / name).read_bytes() for name in data} == data
            whole += 1
    finally:
        stop.set()
        evictor.join()
    assert whole


def test_only_one_makes_room_at_a_time(store: Store) -> None:
    entered, done = Event(), Event()

    def second() -> None:
        entered.set()
        with store.tidying():
            done.set()

    with store.tidying():
        thread = Thread(target=second)
        thread.start()
        entered.wait(5)
        assert not done.is_set()
    thread.join(5)
    assert done.is_set()


def test_who_holds_is_asked_of_those_that_would_go(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = keep(store, "a", age=9000)
    checkpoint_of(row)
    asked: list[Collection[str]] = []

    def holds(digests: Collection[str]) -> Collection[str]:
        asked.append(set(digests))
        return digests

    monkeypatch.setattr(eviction, "holders", [holds])
    assert eviction.evict(MEBIBYTE, store) == 0
    assert asked == [{row["sha256"]}]


# --- For operators


def test_the_command_says_what_there_is(
    store: Store, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store, "a")
    settings.STORE_MAX_BYTES = 5 * MEBIBYTE
    call_command("store", "usage")
    said = dict(line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines())
    assert {key.strip(): value for key, value in said.items()}["bytes"] == f"{MEBIBYTE:,}"
    assert eviction.usage(store).room == 4 * MEBIBYTE


def test_the_command_finds_and_drops_what_was_altered(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = keep(store, "good"), keep(store, "bad")
    path = store.path_of(bad["sha256"])
    path.chmod(0o644)
    path.write_bytes(b"altered")
    with pytest.raises(CommandError):
        call_command("store", "verify")
    assert here(store, good, bad) == [True, True]
    call_command("store", "verify", "--repair")
    assert here(store, good, bad) == [True, False]
    assert f"altered {bad['sha256']}" in capsys.readouterr().out


def test_the_command_evicts_and_collects(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    row, orphan = keep(store, "a", age=9000), keep(store, "b", age=LONG_AGO)
    checkpoint_of(row)
    call_command("store", "evict", "--bytes", "1")
    call_command("store", "collect")
    assert here(store, row, orphan) == [False, False]
    assert f"freed {MEBIBYTE:,} bytes" in capsys.readouterr().out
