"""What a checkpoint is made of: files with their content digests. No Django."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, TypedDict

WEIGHT_SUFFIXES = (".safetensors", ".gguf")
# What an evaluation may load. Nothing else is fetched: no code, no pickles, no pictures.
EVALUATED_SUFFIXES = (*WEIGHT_SUFFIXES, ".json", ".jinja", ".model", ".txt")


ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"

Kind = Literal["model", "adapter", "gguf"]


class FileRow(TypedDict):
    """One file as it stands in Checkpoint.files: size in bytes, SHA-256 in hex."""

    path: str
    size: int
    sha256: str


def is_evaluated(path: str) -> bool:
    """Whether an evaluation loads this file. `evals/`, `onnx/` and other folders are left out."""
    return path.endswith(EVALUATED_SUFFIXES) and len(PurePosixPath(path).parts) == 1


def kind_of(paths: Iterable[str]) -> Kind:
    """What the weights in the root of a repository are: an adapter's alone, GGUF alone, or a model's."""
    root = {path for path in paths if "/" not in path}
    weights = {path for path in root if path.endswith(WEIGHT_SUFFIXES)}
    if weights == {ADAPTER_WEIGHTS} and ADAPTER_CONFIG in root:
        return "adapter"
    return "gguf" if weights and all(path.endswith(".gguf") for path in weights) else "model"


@dataclass(frozen=True)
class Manifest:
    """The evaluated files of one commit, sorted by path."""

    commit: str
    files: tuple[FileRow, ...]
    parameters: int | None = None
    dtype: str = ""

    @classmethod
    def of(
        cls,
        commit: str,
        files: Iterable[FileRow],
        *,
        parameters: int | None = None,
        dtype: str = "",
    ) -> "Manifest":
        kept = sorted((f for f in files if is_evaluated(f["path"])), key=lambda f: f["path"])
        return cls(commit, tuple(kept), parameters, dtype)

    @property
    def size(self) -> int:
        """Total in bytes."""
        return sum(file["size"] for file in self.files)

    @property
    def kind(self) -> Kind:
        return kind_of(file["path"] for file in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 over the sorted (sha256, path) lines, as `sha256sum` would print them; hex."""
        return _digest(f"{file['sha256']}  {file['path']}\n" for file in self.files)

    @property
    def weights_digest(self) -> str:
        """The same over the weights' contents alone, whatever the files are called; hex."""
        weights = [f for f in self.files if f["path"].endswith(WEIGHT_SUFFIXES)]
        return _digest(f"{sha256}\n" for sha256 in sorted(f["sha256"] for f in weights))

    @property
    def weights(self) -> Sequence[FileRow]:
        return [file for file in self.files if file["path"].endswith(WEIGHT_SUFFIXES)]


def _digest(lines: Iterable[str]) -> str:
    sha256 = hashlib.sha256()
    for line in lines:
        sha256.update(line.encode())
    return sha256.hexdigest()
