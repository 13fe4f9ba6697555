"""Data of a proposed benchmark: taken from text, a dataset's file or the store, and kept in the store."""

import re
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache

from evaluations.models import BenchmarkVersion
from evaluations.suites.declared.rows import MOST_BYTES
from evaluations.suites.declared.sandbox import Unreadable, read_data
from hub import origins, store
from hub.origins import OriginError

# Larger data lies in a dataset's repository, where people can look at it too.
MOST_TEXT = 1_000_000
SHA256 = re.compile(r"[0-9a-f]{64}")
STORED = re.compile(r"stored:(?P<sha256>[0-9a-f]{64})")
AT_ORIGIN = re.compile(
    r"(?P<repo_id>[\w.-]{1,96}/[\w.-]{1,96})(?:@(?P<revision>[\w./-]{1,200}))?"
    r":(?P<path>[\w./-]{1,300}\.(?:jsonl|ndjson|csv))"
)
# While a form is filled in, the same file is asked for again and again.
REMEMBERED_SECONDS = 300

# {"sha256", "rows", "bytes", "columns": [str], "source": {"repo_id", "commit", "path"} or {}}
Data = dict[str, Any]


class BadData(ValueError):
    """What is wrong with it, for whoever sent it."""


def take(value: object) -> Data:
    """Text (JSON lines, CSV, `owner/name@revision:file.jsonl`, `stored:…`), or data taken before.

    Raises BadData. The content is in the store afterwards, as JSON lines.
    """
    if isinstance(value, Mapping):
        return _known(value)
    if not isinstance(value, str):
        raise BadData("This has to be text: JSON lines, CSV, or the address of a dataset's file.")
    text = value.strip()
    if found := STORED.fullmatch(text):
        return _stored(found["sha256"], {})
    if found := AT_ORIGIN.fullmatch(text):
        return _fetched(found["repo_id"], found["revision"] or "main", found["path"])
    if len(text) > MOST_TEXT:
        most = f"{MOST_TEXT:,}"
        raise BadData(
            f"Paste at most {most} characters; more lies better in a dataset's repository."
        )
    return _kept(text.encode(errors="replace"), is_csv=not text.startswith(("{", "[")), source={})


def is_held_out(sha256: str) -> str:
    """The benchmark that holds this data out; empty for none."""
    held = BenchmarkVersion.objects.filter(data_sha256=sha256, confidential=True)
    return str(held.values_list("benchmark__slug", flat=True).first() or "")


def fetch(repo_id: str, commit: str, path: str) -> bytes:
    """Raises OriginError."""
    return origins.get().read(repo_id, commit, path, kind="dataset", max_bytes=MOST_BYTES)


def read_at_origin(source: Mapping[str, str]) -> bytes:
    """A source's rows as JSON lines, read anew. Raises OriginError, BadData."""
    path = source["path"]
    try:
        raw = fetch(source["repo_id"], source["commit"], path)
        return read_data(raw, is_csv=path.endswith(".csv")).content
    except Unreadable as error:
        raise BadData(str(error)) from error


def _known(value: Mapping[str, Any]) -> Data:
    if isinstance(value.get("text"), str):
        return take(value["text"])
    sha256, source = value.get("sha256"), value.get("source") or {}
    names = ("repo_id", "commit", "path")
    sound = isinstance(source, Mapping) and (
        not source or all(isinstance(source.get(name), str) for name in names)
    )
    if not isinstance(sha256, str) or not SHA256.fullmatch(sha256) or not sound:
        raise BadData("This has to be text, or data that was taken before.")
    return _stored(sha256, {name: source[name][:300] for name in names} if source else {})


def _stored(sha256: str, source: dict[str, str]) -> Data:
    kept = store.default()
    if not kept.has(sha256) or kept.path_of(sha256).stat().st_size > 2 * MOST_BYTES:
        raise BadData("There is no such data here. Paste it again.")
    return _kept(kept.path_of(sha256).read_bytes(), is_csv=False, source=source)


def _fetched(repo_id: str, revision: str, path: str) -> Data:
    key = f"benchmark-data:{repo_id}@{revision}:{path}"
    if known := cache.get(key):
        return dict(known)
    try:
        described = origins.get().describe(repo_id, revision, kind="dataset")
        raw = fetch(described.repo_id, described.commit, path)
    except OriginError as error:
        raise BadData(error.message) from error
    source = {"repo_id": described.repo_id, "commit": described.commit, "path": path}
    data = _kept(raw, is_csv=path.endswith(".csv"), source=source)
    cache.set(key, data, REMEMBERED_SECONDS)
    return data


def _kept(raw: bytes, *, is_csv: bool, source: dict[str, str]) -> Data:
    try:
        rows = read_data(raw, is_csv=is_csv)
    except Unreadable as error:
        raise BadData(str(error)) from error
    return {
        "sha256": store.default().add_bytes(rows.content),
        "rows": rows.count,
        "bytes": len(rows.content),
        "columns": list(rows.columns),
        "source": source,
    }
