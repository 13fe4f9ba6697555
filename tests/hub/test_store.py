import fcntl
import hashlib
import subprocess
import sys
import threading
from io import UnsupportedOperation
from pathlib import Path

import pytest

from hub.manifest import FileRow
from hub.store import Interrupted, Store, StoreFull, WrongDigest

DATA = b"forty-two" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def left_over(store: Store) -> list[str]:
    return [path.name for path in store.partials.iterdir()]


def test_bytes_are_kept_once_and_read_only(store: Store) -> None:
    assert store.add_bytes(DATA) == DIGEST
    path = store.path_of(DIGEST)
    inode = path.stat().st_ino
    assert store.add_bytes(DATA, expected=DIGEST) == DIGEST
    assert path.stat().st_ino == inode
    assert path.stat().st_mode & 0o777 == 0o444
    assert path.relative_to(store.root).parts[:3] == ("blobs", DIGEST[:2], DIGEST[2:4])
    with store.open(DIGEST) as file:
        assert file.read() == DATA
    assert left_over(store) == []


def test_a_file_is_copied_not_linked(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "weights"
    source.write_bytes(DATA)
    assert store.add_file(source) == DIGEST
    source.write_bytes(b"overwritten")
    assert store.verify(DIGEST)


def test_wrong_bytes_leave_nothing(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "weights"
    source.write_bytes(b"something else")
    with pytest.raises(WrongDigest):
        store.add_file(source, expected=DIGEST)
    with pytest.raises(WrongDigest):
        store.add_bytes(b"something else", expected=DIGEST)
    assert not store.has(DIGEST)
    assert left_over(store) == []


def test_an_altered_blob_is_found(store: Store) -> None:
    store.add_bytes(DATA)
    assert store.verify(DIGEST)
    store.path_of(DIGEST).chmod(0o644)
    store.path_of(DIGEST).write_bytes(DATA[:-1] + b"x")
    assert not store.verify(DIGEST)
    assert not store.verify("0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "ABC", DIGEST.upper(), DIGEST + "\n"])
def test_only_digests_are_names(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.path_of(name)


def test_a_folder_is_laid_out_without_copies(store: Store, tmp_path: Path) -> None:
    store.add_bytes(DATA)
    files = [
        FileRow(path="model.safetensors", size=len(DATA), sha256=DIGEST),
        FileRow(path="further/down.json", size=len(DATA), sha256=DIGEST),
    ]
    for _ in range(2):  # and again over itself
        store.lay_out(files, tmp_path / "run")
    down = tmp_path / "run" / "further" / "down.json"
    assert down.read_bytes() == DATA
    assert down.samefile(store.path_of(DIGEST))


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "a/../../b", ""])
def test_no_layout_leads_out_of_its_folder(store: Store, tmp_path: Path, path: str) -> None:
    store.add_bytes(DATA)
    with pytest.raises(ValueError, match="leads out"):
        store.lay_out([FileRow(path=path, size=1, sha256=DIGEST)], tmp_path / "run")


def test_a_missing_blob_is_not_laid_out(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.lay_out([FileRow(path="a", size=1, sha256=DIGEST)], tmp_path / "run")


def test_one_brings_it_in_and_the_others_wait(store: Store) -> None:
    bringers: list[int] = []
    start = threading.Barrier(6)

    def want(number: int) -> None:
        start.wait(timeout=10)
        with store.claim(DIGEST) as partial:
            if partial is not None:
                bringers.append(number)
                partial.write(DATA)
                partial.keep(DIGEST)

    threads = [threading.Thread(target=want, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert len(bringers) == 1
    assert store.verify(DIGEST)
    assert left_over(store) == []


def test_who_waits_can_be_told_to_stop(store: Store) -> None:
    with store.claim(DIGEST) as partial:
        assert partial is not None
        with pytest.raises(Interrupted), store.claim(DIGEST, stopped=lambda: True):
            pytest.fail("got the lock")


def test_what_arrived_is_resumed_by_the_next_one(store: Store) -> None:
    with store.claim(DIGEST) as partial:
        assert partial is not None
        partial.write(DATA[:100])
    with store.claim(DIGEST) as partial:
        assert partial is not None
        assert partial.resume() == 100
        partial.write(DATA[100:])
        assert partial.keep(DIGEST) == DIGEST
    assert store.verify(DIGEST)


def test_a_killed_writer_leaves_its_part_and_no_blob(store: Store) -> None:
    code = f"""
import os, sys
from pathlib import Path
from hub.store import Store
with Store(Path(sys.argv[1])).claim({DIGEST!r}) as partial:
    partial.write(b"forty-two")
    os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", code, str(store.root)])
    assert done.returncode == 9
    assert not store.has(DIGEST)
    with store.claim(DIGEST) as partial:
        assert partial is not None
        assert partial.resume() == 9


def test_orphans_go_but_not_what_is_being_written(store: Store) -> None:
    held, orphan = store.partials / "held.partial", store.partials / "orphan.partial"
    orphan.write_bytes(b"x")
    with held.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert store.remove_orphans() == 0  # too young
        assert store.remove_orphans(older_than=0) == 1
    assert left_over(store) == ["held.partial"]


def test_a_full_disk_is_named_and_leaves_nothing(store: Store) -> None:
    """A file-size limit is a full disk that needs no file system of its own."""
    code = """
import resource, sys
from pathlib import Path
from hub.store import Store, StoreFull
store = Store(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.add_bytes(b"x" * 200_000)
except StoreFull as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.root)], capture_output=True, text=True
    )
    assert "No room left" in done.stdout, done.stderr
    assert left_over(store) == []
    assert list(store.blobs.iterdir()) == []
    assert issubclass(StoreFull, OSError)


def test_a_partial_starts_over_but_writes_nothing_over(store: Store) -> None:
    with store.claim(DIGEST) as partial:
        assert partial is not None
        assert partial.write(DATA[:100]) == partial.tell() == 100
        with pytest.raises(UnsupportedOperation):
            partial.seek(50)
        assert (partial.seek(100), partial.truncate()) == (100, 100)
        assert (partial.seek(0), partial.truncate()) == (0, 0)
        partial.write(DATA)
        assert partial.keep(DIGEST) == DIGEST
