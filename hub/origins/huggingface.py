"""The Hugging Face Hub, or whatever HF_ENDPOINT names that speaks as it does.

Every request is the client's (client.py). Its `repo_info` describes; its session reads the few bytes
of headers and cards, because none of its functions stops at a limit; download.py brings files in.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from huggingface_hub import (
    DatasetInfo,
    ModelInfo,
    hf_hub_url,
)

from hub import store as stores
from hub.cards import MAX_CARD_BYTES
from hub.manifest import WEIGHT_SUFFIXES, FileRow, Manifest, is_evaluated
from hub.origins import client, safetensors
from hub.origins.errors import OUTSIDE, OriginError, from_exception
from hub.origins.lent import NOTHING_LENT, Lent, lent_now
from hub.origins.limits import check_limits
from hub.origins.protocol import Description, Kind, RemoteFile, Sighting, WeightsSummary

MAX_CONFIG_BYTES = 4 * 1024**2
# Files that the origin does not keep in LFS are small; nobody hashed them for us.
MAX_PLAIN_BYTES = 64 * 1024**2
HEADER_GUESS = 100_000
PARALLEL_READS = 8
# How the client fails on an answer that is JSON, or nearly, but not about a repository.
UNREADABLE = (KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class HuggingFace:
    """One endpoint. Tokens are sent there and nowhere else; `timeout` in seconds, per read."""

    endpoint: str
    # Out of every repr: those are what logs and tracebacks show.
    token: str = field(repr=False)
    timeout: float
    # A person's token, and the one repository that it was lent for, in small letters.
    lent: Lent = NOTHING_LENT

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc

    def token_for(self, repo_id: str) -> str:
        return self.lent.secret if self.lent.repo_id == repo_id.lower() else self.token

    def headers(self, repo_id: str) -> dict[str, str]:
        return client.headers(self.token_for(repo_id))

    def url_of(self, repo_id: str, commit: str, path: str, *, kind: Kind = "model") -> str:
        return hf_hub_url(repo_id, path, repo_type=kind, revision=commit, endpoint=self.endpoint)

    def describe(self, repo_id: str, revision: str = "main", kind: Kind = "model") -> Description:
        info = self._info(repo_id, revision, kind)
        description = self._description(info, kind)
        return replace(description, card_text=self._card(description))

    def look(self, repo_id: str, kind: Kind = "model") -> Sighting:
        """The newest commit and the present name: one request of a few hundred bytes."""
        api = client.api(self.endpoint, self.token)
        ask: Any = api.model_info if kind == "model" else api.dataset_info
        info = self._asked(
            lambda: ask(repo_id, expand=["sha", "gated"], timeout=self.timeout), what=repo_id
        )
        if not info.sha:
            raise OriginError("not_the_hub", what=repo_id, host=self.host)
        origin_id = getattr(info, "_id", "")
        known = isinstance(origin_id, str)
        return Sighting(info.id, origin_id[:64] if known else "", info.sha, bool(info.gated))

    def digest_at(self, repo_id: str, commit: str) -> str:
        """The digest of what an evaluation would load (Manifest.digest); no header is read for it."""
        description = self._description(self._info(repo_id, commit, "model"), "model")
        return Manifest.of(commit, self._rows(description)).digest

    def read(
        self, repo_id: str, commit: str, path: str, *, kind: Kind = "model", max_bytes: int
    ) -> bytes:
        """The whole file; OriginError `too_large` when it has more than `max_bytes`."""
        url = self.url_of(repo_id, commit, path, kind=kind)
        data = self._get(url, repo_id, what=f"{repo_id}/{path}", max_bytes=max_bytes + 1)
        if len(data) > max_bytes:
            raise OriginError(
                "too_large",
                what=f"{repo_id}/{path}",
                size="more",
                limit=f"{max_bytes:,} bytes",
            )
        return data

    def read_range(
        self,
        repo_id: str,
        commit: str,
        path: str,
        *,
        start: int = 0,
        length: int,
        kind: Kind = "model",
    ) -> bytes:
        """`length` bytes of a file from `start` on (fewer where it ends before), by a ranged read."""
        url = self.url_of(repo_id, commit, path, kind=kind)
        return self._get(url, repo_id, what=f"{repo_id}/{path}", max_bytes=length, start=start)

    def weights_summary(self, repo_id: str, commit: str) -> WeightsSummary:
        info = self._info(repo_id, commit, "model")
        return self._summary(self._description(info, "model"))

    def weight_headers(self, description: Description) -> dict[str, bytes]:
        """The header of every safetensors file in the root, as its bytes stand, by path."""
        files = [
            file
            for file in description.files
            if file.path.endswith(".safetensors") and "/" not in file.path
        ]
        check_limits((file.size for file in files), what=description.repo_id)
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            headers = list(pool.map(lambda file: self._header(description, file), files))
        return {file.path: header for file, header in zip(files, headers, strict=True)}

    def manifest(
        self, description: Description, headers: Mapping[str, bytes] | None = None
    ) -> Manifest:
        """The evaluated files with their digests. `headers`, where somebody read them already.

        Those in LFS are hashed already; the small rest is fetched, hashed and kept in the store.
        """
        rows = self._rows(description)
        summary = self._summary(description, headers)
        return Manifest.of(
            description.commit, rows, parameters=summary.parameters, dtype=summary.dtype
        )

    def _rows(self, description: Description) -> list[FileRow]:
        evaluated = [file for file in description.files if is_evaluated(file.path)]
        check_limits((file.size for file in evaluated), what=description.repo_id)
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            return list(pool.map(lambda file: self._row(description, file), evaluated))

    def _row(self, description: Description, file: RemoteFile) -> FileRow:
        if file.sha256:
            return FileRow(path=file.path, size=file.size, sha256=file.sha256)
        what = f"{description.repo_id}/{file.path}"
        data = self.read(
            description.repo_id, description.commit, file.path, max_bytes=MAX_PLAIN_BYTES
        )
        if len(data) != file.size:
            raise OriginError("size_mismatch", what=what, host=self.host)
        try:
            sha256 = stores.default().add_bytes(data)
        except stores.StoreFull as error:
            raise OriginError("disk_full", what=what) from error
        return FileRow(path=file.path, size=file.size, sha256=sha256)

    def _summary(
        self, description: Description, known: Mapping[str, bytes] | None = None
    ) -> WeightsSummary:
        names = {file.path: file for file in description.files}
        if not any(path.endswith(".safetensors") for path in names):
            gguf = any(path.endswith(WEIGHT_SUFFIXES) and "/" not in path for path in names)
            return WeightsSummary(None, "gguf" if gguf else "")
        config = self._json(description, "config.json") if "config.json" in names else {}
        index = self._json(description, safetensors.INDEX) if safetensors.INDEX in names else {}
        shards = [names[path] for path in safetensors.shards(names, index) if path in names]
        read = known or {}
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            headers = list(
                pool.map(
                    lambda file: read.get(file.path) or self._header(description, file), shards
                )
            )
        tables = (
            self._table(description, file, header)
            for file, header in zip(shards, headers, strict=True)
        )
        return safetensors.summarise(tables, safetensors.quantization_of(config))

    def _json(self, description: Description, path: str) -> dict[str, Any]:
        """A JSON file of the repository; {} when it is not one: the checks say so elsewhere."""
        data = self.read(
            description.repo_id, description.commit, path, max_bytes=MAX_CONFIG_BYTES * 8
        )
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def _header(self, description: Description, file: RemoteFile) -> bytes:
        """One file's header, by one ranged read, or two when it is long. Whole, and nothing more."""
        what = f"{description.repo_id}/{file.path}"
        url = self.url_of(description.repo_id, description.commit, file.path)
        repo_id = description.repo_id
        data = self._get(url, repo_id, what=what, max_bytes=min(HEADER_GUESS, file.size), start=0)
        try:
            length = safetensors.header_end(data, file.size)
        except safetensors.BadHeader as error:
            raise OriginError("bad_weights", what=what, detail=str(error)) from error
        if length > len(data):
            data = self._get(url, repo_id, what=what, max_bytes=length, start=0)
        return data[:length]

    def _table(
        self, description: Description, file: RemoteFile, header: bytes
    ) -> safetensors.Header:
        try:
            return safetensors.read_header(header, file.size)
        except safetensors.BadHeader as error:
            what = f"{description.repo_id}/{file.path}"
            raise OriginError("bad_weights", what=what, detail=str(error)) from error

    def _info(self, repo_id: str, revision: str, kind: Kind) -> ModelInfo | DatasetInfo:
        what = repo_id if revision == "main" else f"{repo_id}@{revision[:60]}"
        api = client.api(self.endpoint, self.token_for(repo_id))
        ask: Any = api.model_info if kind == "model" else api.dataset_info
        return self._asked(
            lambda: ask(repo_id, revision=revision, files_metadata=True, timeout=self.timeout),
            what=what,
        )

    def _asked(
        self, ask: Callable[[], ModelInfo | DatasetInfo], *, what: str
    ) -> ModelInfo | DatasetInfo:
        try:
            return ask()
        except OUTSIDE as error:
            raise from_exception(error, what=what, host=self.host) from error
        except UNREADABLE as error:
            raise OriginError("not_the_hub", what=what, host=self.host) from error

    def _description(self, info: ModelInfo | DatasetInfo, kind: Kind) -> Description:
        if not info.sha or info.siblings is None:
            raise OriginError("not_the_hub", what=info.id, host=self.host)
        files = tuple(
            RemoteFile(row.rfilename, row.size or 0, row.lfs.sha256 if row.lfs else None)
            for row in info.siblings
        )
        return Description(
            repo_id=info.id,
            commit=info.sha,
            kind=kind,
            card_text="",
            files=files,
            gated=bool(info.gated),
            private=bool(info.private),
            tags=tuple(tag for tag in info.tags or () if isinstance(tag, str)),
        )

    def _card(self, description: Description) -> str:
        """README.md, '' when there is none, it is enormous, or a gate stands before it."""
        sizes = {file.path: file.size for file in description.files}
        if not 0 < sizes.get("README.md", 0) <= MAX_CARD_BYTES:
            return ""
        try:
            card = self.read(
                description.repo_id,
                description.commit,
                "README.md",
                kind=description.kind,
                max_bytes=MAX_CARD_BYTES,
            )
        except OriginError as error:
            if error.code == "gated":
                return ""
            raise
        return card.decode(errors="replace")

    def _get(
        self, url: str, repo_id: str, *, what: str, max_bytes: int, start: int | None = None
    ) -> bytes:
        """At most `max_bytes` of the answer's body, within six time-outs altogether.

        With a `start` by a ranged read; a server that sends the whole file is read up to there.
        """
        headers = self.headers(repo_id)
        try:
            return client.read(url, headers, max_bytes, start, seconds=6 * self.timeout)
        except OUTSIDE as error:
            raise from_exception(error, what=what, host=self.host) from error


def from_settings() -> HuggingFace:
    return HuggingFace(settings.HF_ENDPOINT, settings.HF_TOKEN, settings.ORIGIN_TIMEOUT, lent_now())
