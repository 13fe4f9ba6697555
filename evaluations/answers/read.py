"""Rows of kept answers. Only the row groups that hold them are read, of a bucket by ranges."""

import json
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from evaluations.answers import store

# Footers that a process remembers: 3.6 MB for a million rows, 4 kB for a thousand.
MOST_FOOTERS = 16

Row = dict[str, Any]


@dataclass(frozen=True)
class Footer:
    """What a file says of itself. `starts`: the first row of each group; last, how many rows."""

    metadata: Any
    starts: Sequence[int]
    seeds: int

    @property
    def rows(self) -> int:
        return self.starts[-1]

    @property
    def documents(self) -> int:
        return self.rows // self.seeds

    def group_of(self, row: int) -> int:
        return bisect_right(self.starts, row) - 1


_footers: "OrderedDict[str, Footer]" = OrderedDict()
_lock = threading.Lock()


def footer(sha256: str) -> Footer:
    """Read once a process: files never change. Raises FileNotFoundError, OSError."""
    with _lock:
        known = _footers.get(sha256)
        if known is not None:
            _footers.move_to_end(sha256)
            return known
    with _opened(sha256, None) as file:
        metadata = file.metadata
    groups = (metadata.row_group(at).num_rows for at in range(metadata.num_row_groups))
    told = metadata.metadata or {}
    made = Footer(metadata, [0, *accumulate(groups)], int(told.get(b"seeds", b"1")))
    with _lock:
        _footers[sha256] = made
        while len(_footers) > MOST_FOOTERS:
            _footers.popitem(last=False)
    return made


def read_rows(sha256: str, indices: Sequence[int], columns: Sequence[str]) -> list[Row]:
    """Rows by number, in the order asked for. Raises IndexError, FileNotFoundError, OSError."""
    known = footer(sha256)
    if any(not 0 <= at < known.rows for at in indices):
        raise IndexError("There is no such row.")
    found: dict[int, Row] = {}
    with _opened(sha256, known) as file:
        # One group at a time: several together would be as large as the answers are.
        for group in sorted({known.group_of(at) for at in indices}):
            table = file.read_row_group(group, columns=list(columns), use_threads=False)
            first = known.starts[group]
            here = [at for at in set(indices) if known.group_of(at) == group]
            picked = table.take([at - first for at in here]).to_pylist()
            found.update(zip(here, picked, strict=True))
    return [found[at] for at in indices]


def read_group(sha256: str, group: int, columns: Sequence[str]) -> Any:
    """One row group as a table."""
    with _opened(sha256, footer(sha256)) as file:
        return file.read_row_group(group, columns=list(columns), use_threads=False)


def scan(sha256: str, columns: Sequence[str]) -> Iterator[Any]:
    """The groups in order, as tables. Lazy."""
    known = footer(sha256)
    with _opened(sha256, known) as file:
        for group in range(len(known.starts) - 1):
            yield file.read_row_group(group, columns=list(columns), use_threads=False)


def columns(sha256: str, names: Sequence[str]) -> dict[str, list[Any]]:
    """Whole columns. For small ones: all of it is in memory at once."""
    with _opened(sha256, footer(sha256)) as file:
        found: dict[str, list[Any]] = file.read(columns=list(names), use_threads=False).to_pydict()
        return found


def json_lines(sha256: str) -> Iterator[bytes]:
    """Every row as a line of JSON, a group at a time; `doc` as the object that it is."""
    for table in scan(sha256, all_columns()):
        lines = (json.dumps(_told(row), ensure_ascii=True) for row in table.to_pylist())
        yield "".join(f"{line}\n" for line in lines).encode()


def all_columns() -> list[str]:
    from evaluations.answers.convert import schema

    return list(schema().names)


def _told(row: Mapping[str, Any]) -> Row:
    return {**row, "doc": json.loads(row["doc"]) if row["doc"] else None}


@contextmanager
def _opened(sha256: str, known: Footer | None) -> Iterator[Any]:
    """pyarrow takes a second to import, which pages without answers need not wait for. Each page of
    the file carries a checksum, so that what is read was not altered."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with store.open_file(sha256) as source:
        try:
            yield pq.ParquetFile(
                source,
                metadata=known.metadata if known else None,
                page_checksum_verification=True,
                # Reads of one group are asked for together: with a bucket each is a request.
                pre_buffer=True,
            )
        except pa.ArrowException as error:
            raise OSError("Kept answers cannot be read.") from error
