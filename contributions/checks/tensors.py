"""The tensors of a version: their table, and what tells two sets of weights apart without reading them."""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from contributions.checks.verdict import storable
from hub import origins, store
from hub.origins import safetensors

# A tensor's name, its dtype and its shape.
Row = Sequence[Any]
# A longer table is kept in the store: a page that shows a check reads its findings with it.
MOST_INLINE = 200
MOST_UNPACKED = 64 * 1024**2
SAMPLES = 16
SAMPLE_BYTES = 4096
PARALLEL_READS = 8


def describe(
    repo_id: str, commit: str, headers: Mapping[str, bytes], sizes: Mapping[str, int]
) -> dict[str, Any]:
    """Findings about the tensors of safetensors files, by their headers and a few ranged reads.

    tensors (or tensors_sha256), tensor_count, headers {path: sha256 in the store}, shapes_digest over
    names and shapes, fingerprint over the first bytes of SAMPLES tensors: the same for a copy that was
    cut into other files, another one for anything that was trained.
    """
    kept = store.default()
    tables = {
        path: safetensors.read_header(header, sizes[path]) for path, header in headers.items()
    }
    rows = sorted(
        [name, tensor.dtype, list(tensor.shape)]
        for table in tables.values()
        for name, tensor in table.items()
    )
    return {
        "headers": {
            storable(path, 1000): kept.add_bytes(header) for path, header in headers.items()
        },
        "fingerprint": _fingerprint(repo_id, commit, headers, tables),
        **keep(rows),
    }


def keep(rows: Sequence[Row]) -> dict[str, Any]:
    """Findings for a sorted table, the table itself in the store where it is long."""
    rows = [[storable(name, 300), dtype, shape] for name, dtype, shape in rows]
    digest = _digest(json.dumps([[name, shape] for name, _, shape in rows])) if rows else ""
    findings: dict[str, Any] = {"tensor_count": len(rows), "shapes_digest": digest}
    if len(rows) <= MOST_INLINE:
        return {**findings, "tensors": list(rows)}
    packed = zlib.compress(json.dumps(rows).encode(), 6)
    return {**findings, "tensors": [], "tensors_sha256": store.default().add_bytes(packed)}


def table_of(pinned: Mapping[str, Any]) -> list[Row]:
    """[[name, dtype, shape]] sorted by name, wherever it is kept; empty where nobody counted."""
    if rows := pinned.get("tensors"):
        return list(rows)
    sha256 = pinned.get("tensors_sha256")
    if not sha256 or not store.default().has(sha256):
        return []
    with store.default().open(sha256) as file:
        unpacked = zlib.decompressobj().decompress(file.read(), MOST_UNPACKED)
    return list(json.loads(unpacked))


def _fingerprint(
    repo_id: str,
    commit: str,
    headers: Mapping[str, bytes],
    tables: Mapping[str, safetensors.Header],
) -> str:
    """Empty where there are no weights. The same names give the same choice of tensors."""
    places = [
        (
            name,
            path,
            len(headers[path]) + tensor.start,
            min(SAMPLE_BYTES, tensor.end - tensor.start),
        )
        for path, table in tables.items()
        for name, tensor in table.items()
        # Norms and biases are the same in many models.
        if len(tensor.shape) > 1 and tensor.end > tensor.start
    ]
    chosen = sorted(places, key=lambda place: _digest(place[0]))[:SAMPLES]

    def read(place: tuple[str, str, int, int]) -> str:
        name, path, start, length = place
        data = origins.get().read_range(repo_id, commit, path, start=start, length=length)
        return f"{name} {hashlib.sha256(data).hexdigest()}\n"

    with ThreadPoolExecutor(PARALLEL_READS) as pool:
        lines = sorted(pool.map(read, chosen))
    return _digest("".join(lines)) if lines else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
