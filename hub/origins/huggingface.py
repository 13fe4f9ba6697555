"""The Hugging Face Hub, or whatever HF_ENDPOINT names that speaks as it does.

Addresses and names follow the client library; the session is our own: time-outs from the settings,
no token but ours, no cache in a home folder, no requests to anywhere but the endpoint and the
storage that it sends us on to.
"""

import json
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
from django.conf import settings
from huggingface_hub import hf_hub_url
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from hub import store as stores
from hub.cards import MAX_CARD_BYTES
from hub.manifest import WEIGHT_SUFFIXES, FileRow, Manifest, is_evaluated
from hub.origins import safetensors
from hub.origins.errors import OriginError, from_exception, from_status
from hub.origins.limits import check_limits
from hub.origins.protocol import Description, Kind, RemoteFile, WeightsSummary

USER_AGENT = "tributary"
MAX_INFO_BYTES = 64 * 1024**2
MAX_CONFIG_BYTES = 4 * 1024**2
# Files that the origin does not keep in LFS are small; nobody hashed them for us.
MAX_PLAIN_BYTES = 64 * 1024**2
HEADER_GUESS = 100_000
PARALLEL_READS = 8


@dataclass(frozen=True)
class HuggingFace:
    """One endpoint. `token` is sent there and nowhere else; `timeout` in seconds, per read."""

    endpoint: str
    token: str
    timeout: float

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc

    def client(self) -> httpx2.Client:
        """A new session, to be closed by whoever asked for it. Follows renames and storage links."""
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return httpx2.Client(
            headers=headers,
            timeout=self.timeout,
            follow_redirects=True,
            max_redirects=5,
            event_hooks={"request": [self._guard]},
            verify=_tls(),
        )

    def url_of(self, repo_id: str, commit: str, path: str, *, kind: Kind = "model") -> str:
        return hf_hub_url(repo_id, path, repo_type=kind, revision=commit, endpoint=self.endpoint)

    def describe(self, repo_id: str, revision: str = "main", kind: Kind = "model") -> Description:
        info = self._info(repo_id, revision, kind)
        description = _description(info, kind, self.host)
        return replace(description, card_text=self._card(description))

    def read(
        self, repo_id: str, commit: str, path: str, *, kind: Kind = "model", max_bytes: int
    ) -> bytes:
        """The whole file; OriginError `too_large` when it has more than `max_bytes`."""
        url = self.url_of(repo_id, commit, path, kind=kind)
        data = self._get(url, what=f"{repo_id}/{path}", max_bytes=max_bytes + 1)
        if len(data) > max_bytes:
            raise OriginError(
                "too_large",
                what=f"{repo_id}/{path}",
                size="more",
                limit=f"{max_bytes:,} bytes",
            )
        return data

    def read_start(self, repo_id: str, commit: str, path: str, *, length: int) -> bytes:
        """The first `length` bytes of a model's file (fewer where it ends before), by a ranged read."""
        url = self.url_of(repo_id, commit, path)
        return self._get(url, what=f"{repo_id}/{path}", max_bytes=length, ranged=True)

    def weights_summary(self, repo_id: str, commit: str) -> WeightsSummary:
        info = self._info(repo_id, commit, "model")
        return self._summary(_description(info, "model", self.host))

    def manifest(self, description: Description) -> Manifest:
        """The evaluated files with their digests.

        Those in LFS are hashed already; the small rest is fetched, hashed and kept in the store.
        """
        evaluated = [file for file in description.files if is_evaluated(file.path)]
        check_limits((file.size for file in evaluated), what=description.repo_id)
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            rows = list(pool.map(lambda file: self._row(description, file), evaluated))
        summary = self._summary(description)
        return Manifest.of(
            description.commit, rows, parameters=summary.parameters, dtype=summary.dtype
        )

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

    def _summary(self, description: Description) -> WeightsSummary:
        names = {file.path: file for file in description.files}
        if not any(path.endswith(".safetensors") for path in names):
            gguf = any(path.endswith(WEIGHT_SUFFIXES) and "/" not in path for path in names)
            return WeightsSummary(None, "gguf" if gguf else "")
        config = self._json(description, "config.json") if "config.json" in names else {}
        index = self._json(description, safetensors.INDEX) if safetensors.INDEX in names else {}
        shards = [names[path] for path in safetensors.shards(names, index) if path in names]
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            headers = list(pool.map(lambda file: self._header(description, file), shards))
        return safetensors.summarise(headers, config.get("quantization_config"))

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

    def _header(self, description: Description, file: RemoteFile) -> safetensors.Header:
        """One file's header, by one ranged read, or two when it is long."""
        what = f"{description.repo_id}/{file.path}"
        url = self.url_of(description.repo_id, description.commit, file.path)
        data = self._get(url, what=what, max_bytes=min(HEADER_GUESS, file.size), ranged=True)
        try:
            length = safetensors.header_end(data, file.size)
            if length > len(data):
                data = self._get(url, what=what, max_bytes=length, ranged=True)
            return safetensors.read_header(data[:length], file.size)
        except safetensors.BadHeader as error:
            raise OriginError("bad_weights", what=what, detail=str(error)) from error

    def _info(self, repo_id: str, revision: str, kind: Kind) -> Any:
        try:
            validate_repo_id(repo_id)
        except HFValidationError as error:
            raise OriginError("bad_repo_id", what=repo_id[:100]) from error
        address = f"{self.endpoint}/api/{kind}s/{repo_id}/revision/{quote(revision, safe='')}"
        what = repo_id if revision == "main" else f"{repo_id}@{revision[:60]}"
        data = self._get(f"{address}?blobs=true", what=what, max_bytes=MAX_INFO_BYTES)
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise OriginError("not_the_hub", what=what, host=self.host) from error

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

    def _get(self, url: str, *, what: str, max_bytes: int, ranged: bool = False) -> bytes:
        """At most `max_bytes` of the answer's body, within six time-outs altogether."""
        headers = {"Range": f"bytes=0-{max_bytes - 1}"} if ranged else {}
        deadline = time.monotonic() + 6 * self.timeout
        body = bytearray()
        try:
            with self.client() as client, client.stream("GET", url, headers=headers) as response:
                if response.status_code >= 400:
                    raise from_status(response, what=what, host=self.host)
                for block in response.iter_bytes():
                    body += block
                    if len(body) >= max_bytes:
                        break
                    if time.monotonic() > deadline:
                        raise httpx2.ReadTimeout("too slow altogether")
        except (OriginError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise from_exception(error, what=what, host=self.host, seconds=self.timeout) from error
        return bytes(body[:max_bytes])

    def _guard(self, request: httpx2.Request) -> None:
        """Before every request, redirected ones too: our token stays home, TLS stays on."""
        home = httpx2.URL(self.endpoint)
        if request.url.origin != home.origin:
            request.headers.pop("Authorization", None)
        if home.scheme == "https" and request.url.scheme != "https":
            raise OriginError("not_the_hub", what=str(request.url.host), host=self.host)


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates takes 50 ms: once a process, not once a session."""
    return httpx2.create_ssl_context()


def _description(info: Any, kind: Kind, host: str) -> Description:
    """Read the endpoint's JSON; OriginError when it is something else."""
    try:
        files = tuple(
            RemoteFile(
                str(row["rfilename"]),
                int(row.get("size") or 0),
                (row.get("lfs") or {}).get("sha256"),
            )
            for row in info["siblings"]
        )
        return Description(
            repo_id=str(info["id"]),
            commit=str(info["sha"]),
            kind=kind,
            card_text="",
            files=files,
            gated=bool(info.get("gated")),
            private=bool(info.get("private")),
            tags=tuple(tag for tag in info.get("tags") or () if isinstance(tag, str)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OriginError("not_the_hub", what="the repository", host=host) from error


def from_settings() -> HuggingFace:
    return HuggingFace(settings.HF_ENDPOINT, settings.HF_TOKEN, settings.ORIGIN_TIMEOUT)
