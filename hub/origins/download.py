"""One file from an origin into the store, by the client: hashed as it comes, kept only when right."""

import threading
from functools import partial as bind
from typing import Any, BinaryIO, cast

from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.file_download import http_get
from huggingface_hub.utils.tqdm import silent_tqdm

from hub.manifest import FileRow
from hub.origins.client import stopped_by
from hub.origins.errors import OUTSIDE, Cancelled, OriginError, from_exception
from hub.store import Interrupted, Partial, Store, StoreFull, WrongDigest


class Download:
    """One file. `done` is how many of its bytes are here, for whoever shows progress."""

    def __init__(
        self,
        *,
        url: str,
        headers: dict[str, str],
        file: FileRow,
        what: str,
        host: str,
        stop: threading.Event,
    ) -> None:
        self.url = url
        self.headers = headers
        self.file = file
        self.what = what
        self.host = host
        self.stop = stop
        self.done = 0

    def run(self, store: Store) -> None:
        """Bring the file in, or wait until somebody else has. Raises OriginError, Cancelled."""
        try:
            with store.claim(self.file["sha256"], stopped=self.stop.is_set) as partial:
                if partial is not None:
                    self._bring_in_or_drop(partial)
        except Interrupted:
            raise Cancelled from None
        except OUTSIDE as error:
            raise from_exception(error, what=self.what, host=self.host) from error
        self.done = self.file["size"]

    def _bring_in_or_drop(self, partial: Partial) -> None:
        try:
            self._bring_in(partial)
        except StoreFull:
            partial.drop()  # a full disk is no place for half a file
            raise

    def _bring_in(self, partial: Partial) -> None:
        resumed = partial.resume()
        if resumed > self.file["size"]:
            partial.restart()
        self._fetch_rest(partial)
        try:
            partial.keep(self.file["sha256"])
        except WrongDigest:
            if not resumed:
                raise
            # An earlier part was bad, not necessarily the origin: once more, from the start.
            self._fetch_rest(partial)
            partial.keep(self.file["sha256"])

    def _fetch_rest(self, partial: Partial) -> None:
        """The client resumes where `partial` ends, and itself repeats what fails on the way."""
        self.done = partial.size
        if partial.size == self.file["size"]:
            return
        try:
            with stopped_by(self.stop):
                # No `expected_size`: with it the client refuses files of more than 50 GB before it asks.
                http_get(
                    self.url,
                    cast(BinaryIO, partial),
                    resume_size=partial.size,
                    headers=self.headers,
                    displayed_filename=self.what,
                    tqdm_class=cast(Any, bind(_Progress, self)),
                )
        except HfHubHTTPError as error:
            if error.response.status_code == 416:  # what we have is longer than all there is
                partial.restart()
            raise
        except OriginError as error:
            if error.code == "size_mismatch":
                partial.restart()
            raise
        if partial.size != self.file["size"]:
            partial.restart()
            raise self.wrong_size()

    def wrong_size(self) -> OriginError:
        return OriginError("size_mismatch", what=self.what, host=self.host)


class _Progress(silent_tqdm):
    """What the client tells before it writes bytes: the moment in which it can be stopped."""

    def __init__(self, download: Download, *, initial: int, **_: object) -> None:
        self.download = download
        download.done = initial

    def update(self, n: float | None = 1) -> None:
        """`n` is negative when the client starts over."""
        if self.download.stop.is_set():
            raise Cancelled
        self.download.done += int(n or 0)
        if self.download.done > self.download.file["size"]:
            raise self.download.wrong_size()
