"""Repositories, files and folders in the Hugging Face Hub's JSON."""

import hashlib
from datetime import datetime
from typing import Any

from hub import cards
from hub import store as stores
from hub.models.hosted import HostedCommit, HostedRepository, RepositoryKind

Json = dict[str, Any]
CARD = "README.md"


def repository_info(repository: HostedRepository, commit: HostedCommit, *, blobs: bool) -> Json:
    """What `model_info` and `dataset_info` read."""
    metadata = _card_of(commit).metadata
    info: Json = {
        "_id": f"{repository.pk:024x}",
        "id": repository.full_name,
        "author": repository.owner,
        "sha": commit.sha,
        "private": repository.private,
        "gated": "manual" if repository.gated else False,
        "disabled": False,
        "createdAt": _date(repository.created_at),
        "lastModified": _date(commit.created_at),
        "downloads": 0,
        "likes": 0,
        "tags": _tags(metadata),
        "cardData": metadata,
        "siblings": [_sibling(file, blobs=blobs) for file in commit.files],
    }
    if repository.kind == RepositoryKind.MODEL:
        info["modelId"] = repository.full_name
        info["pipeline_tag"] = metadata.get("pipeline_tag")
        info["library_name"] = metadata.get("library_name")
    return info


def tree_entries(commit: HostedCommit, folder: str, *, recursive: bool) -> list[Json]:
    """Files and folders below `folder` ('' for the root), sorted by path; all levels or one."""
    prefix = f"{folder}/" if folder else ""
    entries: dict[str, Json] = {}
    for file in commit.files:
        if not file["path"].startswith(prefix):
            continue
        parts = file["path"][len(prefix) :].split("/")
        depth = len(parts) if recursive else min(len(parts), 2)
        for level in range(1, depth):
            path = prefix + "/".join(parts[:level])
            entries[path] = _folder(path)
        if recursive or len(parts) == 1:
            entries[file["path"]] = file_entry(file)
    return [entries[path] for path in sorted(entries)]


def file_entry(file: Json) -> Json:
    entry = {"type": "file", "path": file["path"], "size": file["size"], "oid": file["oid"]}
    if file["lfs"]:
        entry["lfs"] = {"oid": file["sha256"], "size": file["size"], "pointerSize": 134}
    return entry


def _folder(path: str) -> Json:
    oid = hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()
    return {"type": "directory", "path": path, "oid": oid, "size": 0}


def _sibling(file: Json, *, blobs: bool) -> Json:
    sibling: Json = {"rfilename": file["path"]}
    if blobs:
        sibling |= {"size": file["size"], "blobId": file["oid"]}
        if file["lfs"]:
            sibling["lfs"] = {"sha256": file["sha256"], "size": file["size"], "pointerSize": 134}
    return sibling


def _card_of(commit: HostedCommit) -> cards.Card:
    for file in commit.files:
        if file["path"] == CARD and file["size"] <= cards.MAX_CARD_BYTES:
            with stores.default().open(file["sha256"]) as card:
                return cards.parse(card.read().decode(errors="replace"))
    return cards.Card({}, "")


def _tags(metadata: Json) -> list[str]:
    """The card's tags, and those that the Hub derives from its other keys."""
    card = cards.Card(metadata, "")
    key, _ = cards.licence(card)
    return [
        *cards.tags(card),
        *(f"base_model:{name}" for name in cards.base_models(card)),
        *(f"dataset:{name}" for name in cards.datasets(card)),
        *([f"license:{key}"] if key else []),
    ]


def _date(moment: datetime) -> str:
    """The one form that the client parses: milliseconds and a Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
