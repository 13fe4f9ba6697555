"""Kept answers by the SHA-256 of their file, wherever STORAGES["answers"] keeps them."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import storages

SHA256 = re.compile(r"[0-9a-f]{64}")
BLOCK = 1 << 22


def name_of(sha256: str) -> str:
    """Raises ValueError when `sha256` is no SHA-256 in hex."""
    if not SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is not a SHA-256 in small hex digits.")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}.parquet"


def keep(path: Path) -> str:
    """Copy a file in; its SHA-256, hex. Twice does no harm. Raises OSError."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if not exists(sha256):
        with path.open("rb") as file:
            storages["answers"].save(name_of(sha256), File(file))
    return sha256


def exists(sha256: str) -> bool:
    return storages["answers"].exists(name_of(sha256))


def open_file(sha256: str) -> Any:
    """A seekable binary file; of a bucket, each read is one request. FileNotFoundError, OSError."""
    return storages["answers"].open(name_of(sha256))


def chunks(sha256: str) -> Iterator[bytes]:
    """The whole file, four mebibytes at a time."""
    with open_file(sha256) as file:
        while block := file.read(BLOCK):
            yield block


def copy_out(sha256: str, target: Path) -> None:
    """The file at `target`, its digest verified. Raises OSError."""
    found = hashlib.sha256()
    with target.open("wb") as out:
        for block in chunks(sha256):
            found.update(block)
            out.write(block)
    if found.hexdigest() != sha256:
        raise OSError("Kept answers were altered.")


def verify(sha256: str) -> bool:
    """Read the whole file and compare. False when it is missing or was altered."""
    found = hashlib.sha256()
    try:
        for block in chunks(sha256):
            found.update(block)
    except FileNotFoundError:
        return False
    return found.hexdigest() == sha256
