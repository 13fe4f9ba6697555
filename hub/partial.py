"""One file on its way into the store: hashed and sent to the disk while it is still arriving."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from io import FileIO, UnsupportedOperation
from pathlib import Path

BLOCK = 1024**2
# What a helper thread is given at once, and how often the disk is asked to begin.
HASH_BYTES = 4 * 1024**2
SYNC_BYTES = 32 * 1024**2
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StoreFull(OSError):
    """No room left on the store's file system (or no quota); nothing half-written was kept."""


class WrongDigest(ValueError):
    """The bytes are not the ones that were announced."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"Expected SHA-256 {expected}, the bytes have {actual}.")
        self.expected = expected
        self.actual = actual


@contextmanager
def full_disk_named(folder: Path) -> Iterator[None]:
    """Turn the system's three ways of saying "no room" into StoreFull."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            message = f"No room left for checkpoints in {folder}."
            raise StoreFull(error.errno, message) from error
        raise


class Partial:
    """Bytes at `path`, locked by their holder; `target_of` says where a digest's blob belongs.

    It has what a download asks of a file: `write` at the end, `tell`, and `seek` with `truncate` to
    start over. Nothing else can be said of bytes that are hashed as they come.

    Hashing and syncing run beside the network in two helper threads, started for large files only:
    one after the other they would add a quarter to the time of a quick download.
    """

    def __init__(self, path: Path, file: FileIO, target_of: Callable[[str], Path]) -> None:
        self.path = path
        self.size = 0
        self._file = file
        self._target_of = target_of
        self._hashed = hashlib.sha256()
        self._unhashed: list[bytes] = []
        self._unhashed_bytes = 0
        self._unsynced_bytes = 0
        self._helpers: ThreadPoolExecutor | None = None
        self._hashing: Future[None] | None = None
        self._syncing: Future[None] | None = None

    def resume(self) -> int:
        """Hash what an earlier holder left; bytes there are."""
        self._file.seek(0)
        while block := self._file.read(BLOCK):
            self._hashed.update(block)
            self.size += len(block)
        return self.size

    def write(self, data: bytes) -> int:
        """Add `data` at the end; how many bytes those were. Raises StoreFull."""
        rest = memoryview(data)
        with full_disk_named(self.path.parent):
            while rest:  # unbuffered files may take less than all of it
                rest = rest[self._file.write(rest) :]
        self.size += len(data)
        self._unhashed.append(data)
        self._unhashed_bytes += len(data)
        self._unsynced_bytes += len(data)
        if self._unhashed_bytes >= HASH_BYTES:
            self._help()
        return len(data)

    def tell(self) -> int:
        return self.size

    def seek(self, position: int) -> int:
        """To the start, which forgets every byte so far, or to the end."""
        if position not in {0, self.size}:
            raise UnsupportedOperation("bytes that are hashed cannot be written over")
        if not position:
            self.restart()
        return position

    def truncate(self) -> int:
        """Nothing lies behind the position."""
        return self.size

    def restart(self) -> None:
        """Forget every byte so far."""
        self._wait()
        self._file.seek(0)
        self._file.truncate()
        self._hashed = hashlib.sha256()
        self._unhashed.clear()
        self._unhashed_bytes = self._unsynced_bytes = self.size = 0

    def keep(self, expected: str = "") -> str:
        """Move the bytes into the store under their SHA-256 (hex), which is returned.

        Raises WrongDigest, and forgets the bytes, when they are not the `expected` ones.
        """
        if self._helpers:
            self._help()
        self._wait()
        self._hash(self._unhashed)
        digest = self._hashed.hexdigest()
        if expected and digest != expected:
            self.restart()
            raise WrongDigest(expected, digest)
        self._sync()
        os.fchmod(self._file.fileno(), 0o444)
        target = self._target_of(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.path.replace(target)
        _sync_folder(target.parent)
        return digest

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let the helpers finish; the file is its holder's to close."""
        self._wait()
        if self._helpers:
            self._helpers.shutdown()

    def _help(self) -> None:
        """Hand what is new to the helpers: at most one batch waits, so memory stays bounded."""
        self._helpers = self._helpers or ThreadPoolExecutor(2, thread_name_prefix="store")
        if self._hashing:
            self._hashing.result()
        self._hashing = self._helpers.submit(self._hash, self._unhashed)
        self._unhashed, self._unhashed_bytes = [], 0
        idle = self._syncing is None or self._syncing.done()
        if self._unsynced_bytes >= SYNC_BYTES and idle:
            self._unsynced_bytes = 0
            self._syncing = self._helpers.submit(self._sync)

    def _hash(self, blocks: list[bytes]) -> None:
        for block in blocks:
            self._hashed.update(block)

    def _sync(self) -> None:
        with full_disk_named(self.path.parent):
            os.fsync(self._file.fileno())

    def _wait(self) -> None:
        waiting, self._hashing, self._syncing = (self._hashing, self._syncing), None, None
        for future in waiting:
            if future:
                future.result()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
