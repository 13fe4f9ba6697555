"""Take a folder into the mirror as a commit. The same folder again is the same commit."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.db import transaction

from hub import store as stores
from hub.models.entry import validate_name
from hub.models.hosted import HostedCommit, HostedRepository, RepositoryKind
from hub.refusal import Refusal

# What the Hugging Face Hub keeps in LFS: its ETag is a SHA-256, not git's SHA-1.
LFS_SUFFIXES = (".safetensors", ".bin", ".gguf", ".parquet")
LFS_BYTES = 10 * 1024**2


class HostedFile(TypedDict):
    path: str
    size: int
    sha256: str
    oid: str
    lfs: bool


def host_repository(
    *,
    folder: Path,
    owner: str,
    name: str,
    kind: str = RepositoryKind.MODEL,
    private: bool = False,
    gated: bool = False,
    branch: str = "main",
    tags: Iterable[str] = (),
    message: str = "",
    renamed_from: str = "",
) -> HostedCommit:
    """Store every file of `folder`, then put a commit of them at the head of `branch`.

    `renamed_from` (`owner/name`) takes over that repository under its new name. Raises Refusal when
    the name is not one, or the folder is empty.
    """
    _check(owner, name, folder)
    files = [_take_in(path, folder) for path in _files_in(folder)]
    with transaction.atomic():
        repository = _repository(kind, owner, name, renamed_from)
        head = repository.refs.get(f"refs/heads/{branch}", "")
        commit = repository.commits.filter(sha=head).first()
        if commit is None or commit.files != files:
            commit, _ = HostedCommit.objects.get_or_create(
                repository=repository,
                sha=_commit_sha(files, head),
                defaults={"parent": head, "files": files, "message": message or "Import"},
            )
        repository.private = private
        repository.gated = gated
        repository.refs[f"refs/heads/{branch}"] = commit.sha
        repository.refs.update({f"refs/tags/{tag}": commit.sha for tag in tags})
        repository.save()
    return commit


def _check(owner: str, name: str, folder: Path) -> None:
    for field, value in (("owner", owner), ("name", name)):
        try:
            validate_name(value)
        except ValidationError as error:
            raise Refusal("bad_name", error.messages[0], fields={field: error.messages}) from error
    if not folder.is_dir() or not _files_in(folder):
        raise Refusal("no_files", f"{folder} is no folder with files in it.")


def _files_in(folder: Path) -> list[Path]:
    """Everything but what git and the client keep for themselves, sorted by path."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    kept = (p for p in paths if not {".git", ".cache"} & set(p.relative_to(folder).parts))
    return sorted(kept, key=lambda path: path.relative_to(folder).as_posix())


def _take_in(path: Path, folder: Path) -> HostedFile:
    size = path.stat().st_size
    lfs = path.suffix in LFS_SUFFIXES or size > LFS_BYTES
    sha256 = stores.default().add_file(path)
    oid = _git_oid(_pointer(sha256, size) if lfs else path.read_bytes())
    return HostedFile(
        path=path.relative_to(folder).as_posix(), size=size, sha256=sha256, oid=oid, lfs=lfs
    )


def _pointer(sha256: str, size: int) -> bytes:
    """What git itself keeps of a file in LFS."""
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()
    )


def _git_oid(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _commit_sha(files: list[HostedFile], parent: str) -> str:
    state = json.dumps([parent, files], sort_keys=True, separators=(",", ":"))
    return hashlib.sha1(state.encode(), usedforsecurity=False).hexdigest()


def _repository(kind: str, owner: str, name: str, renamed_from: str) -> HostedRepository:
    """The repository, locked; made or renamed when it has to be."""
    if renamed_from:
        old_owner, _, old_name = renamed_from.partition("/")
        old = HostedRepository.objects.named(kind, old_owner, old_name)
        if moved := old.select_for_update().first():
            moved.former_names = [*moved.former_names, moved.full_name.lower()]
            moved.owner, moved.name = owner, name
            moved.save(update_fields=["owner", "name", "former_names"])
            return moved
    named = HostedRepository.objects.named(kind, owner, name)
    if not named.exists():
        HostedRepository.objects.bulk_create(
            [HostedRepository(kind=kind, owner=owner, name=name)], ignore_conflicts=True
        )
    return named.select_for_update().get()
