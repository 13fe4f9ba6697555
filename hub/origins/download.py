"""One file from an origin into the store: resumed, hashed as it comes, kept only when it is right."""

import threading

import httpx2

from hub.manifest import FileRow
from hub.origins.errors import Cancelled, OriginError, from_exception, from_status
from hub.store import Interrupted, Partial, Store, StoreFull, WrongDigest

ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.5
# Failures are forgiven once this much arrived since: a link that breaks every gigabyte still gets there.
FORGIVING_BYTES = 8 * 1024**2
# We wait as long as an origin asks (HTTP 429), up to this; beyond, the run comes back later.
MAX_WAIT_SECONDS = 10.0
RETRIED = {"rate_limited", "origin_down", "origin_slow", "truncated"}


class Download:
    """One file. `done` is how many of its bytes are here, for whoever shows progress."""

    def __init__(
        self,
        *,
        url: str,
        file: FileRow,
        what: str,
        host: str,
        timeout: float,
        stop: threading.Event,
    ) -> None:
        self.url = url
        self.file = file
        self.what = what
        self.host = host
        self.timeout = timeout
        self.stop = stop
        self.done = 0

    def run(self, client: httpx2.Client, store: Store) -> None:
        """Bring the file in, or wait until somebody else has. Raises OriginError, Cancelled."""
        try:
            with store.claim(self.file["sha256"], stopped=self.stop.is_set) as partial:
                if partial is not None:
                    self._bring_in_or_drop(client, partial)
        except Interrupted:
            raise Cancelled from None
        except OSError as error:
            raise self._named(error) from error
        self.done = self.file["size"]

    def _bring_in_or_drop(self, client: httpx2.Client, partial: Partial) -> None:
        try:
            self._bring_in(client, partial)
        except StoreFull:
            partial.drop()  # a full disk is no place for half a file
            raise

    def _bring_in(self, client: httpx2.Client, partial: Partial) -> None:
        resumed = self.done = partial.resume()
        if partial.size > self.file["size"]:
            partial.restart()
        try:
            self._fetch_rest(client, partial)
            partial.keep(self.file["sha256"])
        except WrongDigest as error:
            if not resumed:
                raise self._named(error) from error
            # An earlier part was bad, not necessarily the origin: once more, from the start.
            self._fetch_rest(client, partial)
            try:
                partial.keep(self.file["sha256"])
            except WrongDigest as again:
                raise self._named(again) from again

    def _fetch_rest(self, client: httpx2.Client, partial: Partial) -> None:
        """Stream until the size is reached, over as many connections as it takes."""
        failures, mark = 0, partial.size
        while partial.size < self.file["size"]:
            try:
                self._stream(client, partial)
            except (OriginError, httpx2.HTTPError) as problem:
                if self.stop.is_set():
                    raise Cancelled from None
                error = self._named(problem)
                if partial.size - mark >= FORGIVING_BYTES:
                    failures, mark = 0, partial.size
                failures += 1
                wait = min(FIRST_WAIT_SECONDS * 2 ** (failures - 1), 4.0)
                if isinstance(problem, RateLimited):
                    wait = problem.wait
                if error.code not in RETRIED or failures >= ATTEMPTS or wait > MAX_WAIT_SECONDS:
                    raise error from problem
                if self.stop.wait(wait):
                    raise Cancelled from None

    def _stream(self, client: httpx2.Client, partial: Partial) -> None:
        headers = {"Range": f"bytes={partial.size}-"} if partial.size else {}
        with client.stream("GET", self.url, headers=headers) as response:
            self._check(response, partial)
            for block in response.iter_bytes():
                if self.stop.is_set():
                    raise Cancelled
                if partial.size + len(block) > self.file["size"]:
                    partial.restart()
                    raise self._error("size_mismatch")
                partial.write(block)
                self.done = partial.size
        if partial.size < self.file["size"]:
            raise self._error("truncated")

    def _check(self, response: httpx2.Response, partial: Partial) -> None:
        """Whether this answer is the rest of our file; starts over when it is all of it."""
        if response.status_code == 429:
            raise RateLimited(response, what=self.what, host=self.host)
        if response.status_code == 416:
            partial.restart()
            raise self._error("truncated")
        if response.status_code >= 400:
            raise from_status(response, what=self.what, host=self.host)
        start = f"bytes {partial.size}-"
        if partial.size and not (
            response.status_code == 206
            and response.headers.get("Content-Range", "").startswith(start)
        ):
            partial.restart()  # the server ignored the range
            if response.status_code == 206:
                raise self._error("truncated")
        length = response.headers.get("Content-Length", "")
        plain = length.isdecimal() and "Content-Encoding" not in response.headers
        if plain and partial.size + int(length) != self.file["size"]:
            raise self._error("size_mismatch")

    def _error(self, code: str) -> OriginError:
        return OriginError(code, what=self.what, host=self.host)

    def _named(self, error: Exception) -> OriginError:
        return from_exception(error, what=self.what, host=self.host, seconds=self.timeout)


class RateLimited(OriginError):
    """HTTP 429, with the seconds that the origin asks us to wait."""

    def __init__(self, response: httpx2.Response, *, what: str, host: str) -> None:
        asked = response.headers.get("Retry-After", "")
        self.wait = float(asked) if asked.isdecimal() else 1.0
        told = f" for {asked} seconds" if asked.isdecimal() else ""
        super().__init__("rate_limited", what=what, host=host, wait=told)
