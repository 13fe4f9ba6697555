"""Room in the store: what was used longest ago goes first, and only what can be fetched again.

Never: what a run holds, repositories that this hub serves itself, and whatever any other table names
(benchmark data, previews, kept answers). Apps above add to `holders` and `fetched_again`.
"""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import connection

from hub import store as stores
from hub.models.entry import OriginState
from hub.named import named
from hub.store import Blob, Store

# Small files make no room, and asking an origin for many of them takes long.
LEAST_BYTES = 1024**2
# What was touched a moment ago is about to be laid out, or was just brought in.
RECENT_SECONDS = 600
# Candidates that are looked up in the database together.
BATCH = 200
# What nobody names, and nobody touched for so long, was left by somebody who was killed.
ORPHAN_SECONDS = 7 * 24 * 3600
STATS_KEPT_SECONDS = 60

# Called with digests (SHA-256 in hex), answers those that must stay: what live jobs read.
holders: list[Callable[[Collection[str]], Iterable[str]]] = []
# Columns that name files of origins: being named there is no reason to stay.
fetched_again: set[str] = {"hub.Checkpoint.files"}


@dataclass(frozen=True)
class Usage:
    """Bytes and counts. `limit` is STORE_MAX_BYTES (0: none), `room` what a fetch may bring at once."""

    blobs: int
    bytes: int
    partial_bytes: int
    free_bytes: int
    limit: int
    room: int


def usage(store: Store | None = None) -> Usage:
    """By a walk through the store."""
    store = store or stores.default()
    count = total = 0
    for blob in store.blobs_here():
        count += 1
        total += blob.size
    partial, free = store.partial_bytes(), store.free_bytes()
    room = _room(free, total + partial)
    return Usage(count, total, partial, free, settings.STORE_MAX_BYTES, room)


_stats: tuple[float, dict[str, int]] = 0.0, {}


def stats() -> dict[str, int]:
    """The same as JSON, for a worker that says every few seconds how it is; a minute old at most."""
    global _stats  # noqa: PLW0603
    since, known = _stats
    if not known or time.monotonic() - since > STATS_KEPT_SECONDS:
        _stats = time.monotonic(), asdict(usage())
    return _stats[1]


def make_room(needed: int, store: Store | None = None) -> int:
    """Evict until `needed` bytes more fit, or nothing is left to evict; the room there is (bytes).

    Without limits and with enough free disk this costs no walk.
    """
    store = store or stores.default()
    if not settings.STORE_MAX_BYTES and needed <= _room(store.free_bytes(), 0):
        return _room(store.free_bytes(), 0)
    with store.tidying():
        blobs = list(store.blobs_here())
        used = sum(blob.size for blob in blobs) + store.partial_bytes()
        missing = needed - _room(store.free_bytes(), used)
        if missing > 0:
            used -= _evict(store, blobs, missing)
        return _room(store.free_bytes(), used)


def evict(wanted: int, store: Store | None = None) -> int:
    """Let go of `wanted` bytes, or of as many as can be fetched again; how many those were."""
    store = store or stores.default()
    with store.tidying():
        return _evict(store, list(store.blobs_here()), wanted)


def remove_orphans(store: Store | None = None, *, older_than: float = ORPHAN_SECONDS) -> list[str]:
    """Delete what no row of any table names and nobody used for `older_than` seconds; their digests."""
    store = store or stores.default()
    with store.tidying():
        before = time.time() - older_than
        old = [b.sha256 for b in store.blobs_here() if b.used <= before and not b.laid_out]
        orphans = set(old) - named(old, also_prose=True) if old else set()
        return sorted(o for o in orphans if store.remove(o, unused_for=older_than))


def _room(free: int, used: int) -> int:
    """Bytes that may still come; negative when too many are here already."""
    room = free - settings.STORE_MIN_FREE_BYTES
    return min(room, settings.STORE_MAX_BYTES - used) if settings.STORE_MAX_BYTES else room


def _evict(store: Store, blobs: Iterable[Blob], wanted: int) -> int:
    before = time.time() - RECENT_SECONDS
    old = [b for b in blobs if b.size >= LEAST_BYTES and b.used <= before and not b.laid_out]
    old.sort(key=lambda blob: blob.used)
    freed = 0
    for start in range(0, len(old), BATCH):
        batch = old[start : start + BATCH]
        free_to_go = _can_be_fetched_again({blob.sha256 for blob in batch})
        for blob in batch:
            if freed >= wanted:
                return freed
            if blob.sha256 in free_to_go and store.remove(blob.sha256, unused_for=RECENT_SECONDS):
                freed += blob.size
    return freed


def _can_be_fetched_again(digests: set[str]) -> set[str]:
    """Those that an origin still has, that no other row names, and that nobody holds."""
    sql = """
        SELECT DISTINCT file->>'sha256'
        FROM hub_checkpoint c JOIN hub_modelvariant v ON v.id = c.variant_id,
            jsonb_array_elements(c.files) file
        WHERE file->>'sha256' = ANY(%s)
          AND v.origin_state NOT IN (%s, %s) AND v.origin_missing_since IS NULL
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [sorted(digests), OriginState.GONE, OriginState.REPLACED])
        there = {row[0] for row in cursor.fetchall()}
    there -= named(there, leaving_out=fetched_again)
    for hold in holders:
        there -= set(hold(there)) if there else set()
    return there
