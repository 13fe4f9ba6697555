"""What the hub asks of a place that checkpoints come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from hub.manifest import Manifest

Kind = Literal["model", "dataset"]


@dataclass(frozen=True)
class RemoteFile:
    """`size` in bytes; `sha256` in hex where the origin knows it (LFS), else None."""

    path: str
    size: int
    sha256: str | None


@dataclass(frozen=True)
class Description:
    """One repository at one commit. `repo_id` is its present name, whatever it was asked by."""

    repo_id: str
    commit: str
    kind: Kind
    card_text: str
    files: tuple[RemoteFile, ...]
    gated: bool = False
    private: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sighting:
    """What one look says of a repository: its present name, and what it is whatever it is called."""

    repo_id: str
    origin_id: str
    commit: str
    gated: bool


@dataclass(frozen=True)
class WeightsSummary:
    """What the headers of the weight files say; nothing of the weights themselves is read.

    `parameters` is None where no header can tell (GGUF, no weights). `dtype` is the one that holds
    most parameters, as PyTorch names it (`bfloat16`), or `int4` for packed ones. `tensors` is
    their number. `quantization` names the method of `config.json`, '' for none.
    """

    parameters: int | None
    dtype: str
    tensors: int = 0
    quantization: str = ""


class Origin(Protocol):
    """Every method raises OriginError and nothing else for what can go wrong outside."""

    def describe(
        self, repo_id: str, revision: str = "main", kind: Kind = "model"
    ) -> Description: ...

    def look(self, repo_id: str, kind: Kind = "model") -> Sighting: ...

    def digest_at(self, repo_id: str, commit: str) -> str: ...

    def read(
        self, repo_id: str, commit: str, path: str, *, kind: Kind = "model", max_bytes: int
    ) -> bytes: ...

    def read_range(
        self,
        repo_id: str,
        commit: str,
        path: str,
        *,
        start: int = 0,
        length: int,
        kind: Kind = "model",
    ) -> bytes: ...

    def weights_summary(self, repo_id: str, commit: str) -> WeightsSummary: ...

    def weight_headers(self, description: Description) -> dict[str, bytes]: ...

    def manifest(
        self, description: Description, headers: Mapping[str, bytes] | None = None
    ) -> Manifest: ...
