"""Files of the pinned commit: the small ones from the store, where the origin check put them."""

import io
from collections.abc import Mapping
from typing import IO, Any, cast

from contributions.checks.verdict import Context
from contributions.proposals.card_facts import CONFIG_BYTES, json_object
from hub import origins, store


def read_pinned_json(context: Context, path: str) -> Mapping[str, Any] | None:
    """The object in `path` of the pinned commit; None where there is none that can be read."""
    return read_kept_json(context.pinned.get("manifest", {}).get("files", []), path)


def read_kept_json(files: Any, path: str) -> Mapping[str, Any] | None:
    """The same of any manifest's files, as far as the store has them."""
    for row in files:
        if row["path"] == path and row["size"] <= CONFIG_BYTES:
            kept = store.default()
            if kept.has(row["sha256"]):
                with kept.open(row["sha256"]) as file:
                    return json_object(file.read())
    return None


def read_start(context: Context, path: str, *, length: int) -> bytes:
    """The first `length` bytes of any file of the pinned commit, from the origin."""
    pinned = context.pinned
    return origins.get().read_range(pinned["repo_id"], pinned["commit"], path, length=length)


class Remote(io.RawIOBase):
    """A file at the origin as something to seek in: pieces come as they are read, `most` bytes in all.

    Raises OriginError, and Exhausted once it would read more.
    """

    PIECE = 256 * 1024

    class Exhausted(ValueError):
        """More was asked for than anybody needs to judge the file."""

    def __init__(self, context: Context, path: str, size: int, *, most: int) -> None:
        super().__init__()
        self.repo_id, self.commit = context.pinned["repo_id"], context.pinned["commit"]
        self.path, self.size, self.left = path, size, most
        self.position = 0
        self.pieces: dict[int, bytes] = {}

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        self.position = max(0, base + offset)
        return self.position

    def tell(self) -> int:
        return self.position

    def read(self, size: int | None = -1) -> bytes:
        end = self.size if size is None or size < 0 else min(self.size, self.position + size)
        found = bytearray()
        while self.position < end:
            number, offset = divmod(self.position, self.PIECE)
            part = self._piece(number)[offset : offset + end - self.position]
            if not part:
                break
            found += part
            self.position += len(part)
        return bytes(found)

    def _piece(self, number: int) -> bytes:
        if number not in self.pieces:
            start = number * self.PIECE
            length = min(self.PIECE, self.size - start)
            if length > self.left:
                raise self.Exhausted("it takes too much reading to be looked at")
            self.left -= length
            self.pieces[number] = origins.get().read_range(
                self.repo_id, self.commit, self.path, start=start, length=length
            )
        return self.pieces[number]

    def as_file(self) -> IO[bytes]:
        return cast(IO[bytes], self)
