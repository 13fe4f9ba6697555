"""The content-addressed store: a file is kept once, under its SHA-256, whoever names it.

    STORE_DIR/blobs/ab/cd/abcd…   read-only, complete and verified
    STORE_DIR/partial/…           being written; a name is its own lock (flock)

A blob appears by rename, after its bytes and then its folder reached the disk: a reader sees all of
it or nothing, whatever was killed when. Both folders stand on one file system for that.
"""

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, Self

from django.conf import settings

from hub.manifest import FileRow
from hub.partial import BLOCK, Partial, StoreFull, WrongDigest, full_disk_named

__all__ = ["Blob", "Interrupted", "Partial", "Store", "StoreFull", "WrongDigest", "default"]

SHA256 = re.compile(r"[0-9a-f]{64}")
# A partial that nobody touched for a day is not going to be resumed.
ORPHAN_SECONDS = 24 * 3600
LOCK_POLL_SECONDS = 0.05


class Blob(NamedTuple):
    """One file of the store: size in bytes, `used` in seconds since 1970, whether a folder links to it."""

    sha256: str
    size: int
    used: float
    laid_out: bool


class Interrupted(Exception):
    """The waiter was told to stop before it got the lock."""


class Store:
    """Blobs under `root`; every method may be called from many threads and processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blobs = root / "blobs"
        self.partials = root / "partial"
        self.partials.mkdir(parents=True, exist_ok=True)
        self.blobs.mkdir(parents=True, exist_ok=True)

    def path_of(self, sha256: str) -> Path:
        """Where the blob is, or would be. Raises ValueError when `sha256` is no SHA-256 in hex."""
        if not SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a SHA-256 in small hex digits.")
        return self.blobs / sha256[:2] / sha256[2:4] / sha256

    def has(self, sha256: str) -> bool:
        return self.path_of(sha256).is_file()

    def touch(self, sha256: str) -> bool:
        """Note that the blob is used now; False when it is not here.

        By hand, as most file systems leave access times alone; the time of writing stays.
        """
        path = self.path_of(sha256)
        try:
            os.utime(path, (time.time(), path.stat().st_mtime))
        except FileNotFoundError:
            return False
        return True

    def open(self, sha256: str) -> BinaryIO:
        """The blob's bytes; raises FileNotFoundError when it is not here."""
        return self.path_of(sha256).open("rb")

    def verify(self, sha256: str) -> bool:
        """Read the whole blob and compare. False when it is missing or was altered."""
        with suppress(FileNotFoundError), self.path_of(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        return False

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.root).free

    def blobs_here(self) -> Iterator[Blob]:
        """Every blob, by a walk through the folders: 100,000 take a second or two."""
        for path in self.blobs.glob("??/??/*"):
            with suppress(FileNotFoundError):
                state = path.stat()
                used = max(state.st_atime, state.st_mtime)
                yield Blob(path.name, state.st_size, used, state.st_nlink > 1)

    def partial_bytes(self) -> int:
        """What is being written, or waits to be resumed."""
        total = 0
        for path in self.partials.glob("*.partial"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    def remove(self, sha256: str, *, unused_for: float = 0.0) -> bool:
        """Let go of the blob, unless it was used within so many seconds or a folder links to it.

        Between this look and the removal somebody may lay it out: who lays out what is not there any
        more fetches again (origins/fetch.py).
        """
        path = self.path_of(sha256)
        with suppress(FileNotFoundError):
            state = path.stat()
            recent = time.time() - max(state.st_atime, state.st_mtime) < unused_for
            if not recent and state.st_nlink == 1:
                path.unlink()
                return True
        return False

    def drop(self, sha256: str) -> None:
        """Whoever wants it next fetches it anew; folders that link to it keep what they have."""
        self.path_of(sha256).unlink(missing_ok=True)

    @contextmanager
    def tidying(self) -> Iterator[None]:
        """One at a time makes room, or two would make it twice."""
        with (self.root / "tidying.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def add_bytes(self, data: bytes, *, expected: str = "") -> str:
        """Keep `data`; its SHA-256 in hex. Raises WrongDigest, StoreFull."""
        digest = hashlib.sha256(data).hexdigest()
        if expected and digest != expected:
            raise WrongDigest(expected, digest)
        if not self.touch(digest):
            with self._unnamed() as partial:
                partial.write(data)
                partial.keep()
        return digest

    def add_file(self, path: Path, *, expected: str = "") -> str:
        """Copy a file in, hashing on the way; its SHA-256 in hex. Raises WrongDigest, StoreFull.

        A copy and not a hard link: whoever owns the source may write to it tomorrow.
        """
        if expected and self.touch(expected):
            return expected
        with path.open("rb") as source, self._unnamed() as partial:
            while block := source.read(BLOCK):
                partial.write(block)
            return partial.keep(expected)

    @contextmanager
    def _unnamed(self) -> Iterator[Partial]:
        path = self.partials / f"{secrets.token_hex(16)}.partial"
        with path.open("x+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            partial = Partial(path, file, self.path_of)
            try:
                yield partial
            finally:
                partial.close()
                partial.drop()

    @contextmanager
    def claim(
        self, sha256: str, *, stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[Partial | None]:
        """Wait until nobody else brings this blob in; then None if it is here, else its Partial.

        What an interrupted holder wrote is still in the Partial (see `resume`), and stays for the next
        one unless it was kept or dropped. Raises Interrupted when `stopped()` while waiting.
        """
        path = self.partials / f"{sha256}.partial"
        while not self.has(sha256):
            with full_disk_named(self.root):
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                _lock(file, stopped)
                if not _is_at(file, path):  # kept or dropped while we waited
                    continue
                if self.has(sha256):
                    path.unlink(missing_ok=True)
                    continue
                partial = Partial(path, file, self.path_of)
                try:
                    yield partial
                finally:
                    partial.close()
                    if not os.fstat(file.fileno()).st_size:  # nothing worth resuming
                        partial.drop()
                return
        yield None

    def remove_orphans(self, *, older_than: float = ORPHAN_SECONDS) -> int:
        """Delete partials that nobody holds and nobody wrote to for `older_than` seconds; how many."""
        removed = 0
        for path in self.partials.glob("*.partial"):
            with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - os.fstat(file.fileno()).st_mtime >= older_than:
                    path.unlink()
                    removed += 1
        return removed

    def lay_out(self, files: Iterable[FileRow], folder: Path) -> None:
        """Make `folder` look like the repository: read-only links to blobs, no bytes copied.

        Hard links where the file system allows, else symbolic ones. Raises FileNotFoundError when a
        blob is missing, ValueError for a path that leads out of `folder`.
        """
        for row in files:
            relative = PurePosixPath(row["path"])
            if relative.is_absolute() or ".." in relative.parts or not relative.parts:
                raise ValueError(f"{row['path']!r} leads out of the folder.")
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            self.touch(row["sha256"])
            blob = self.path_of(row["sha256"]).resolve(strict=True)
            target.unlink(missing_ok=True)
            try:
                os.link(blob, target)
            except OSError as error:
                if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK}:
                    raise
                target.symlink_to(blob)

    @classmethod
    def default(cls) -> Self:
        return cls(settings.STORE_DIR)


def default() -> Store:
    """The store that settings name."""
    return Store.default()


def _lock(file: FileIO, stopped: Callable[[], bool]) -> None:
    """An exclusive lock, waited for in small steps so that a stop is heard."""
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if stopped():
                raise Interrupted from None
            time.sleep(LOCK_POLL_SECONDS)
        else:
            return


def _is_at(file: FileIO, path: Path) -> bool:
    """Whether the opened file still stands under this name."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False
