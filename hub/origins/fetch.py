"""Bring a checkpoint's files into the store before it is measured.

Threads move bytes and never touch the database; `on_progress` and `cancelled` are called in the
caller's own thread, twice a second.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from hub import store as stores
from hub.eviction import make_room
from hub.manifest import FileRow
from hub.models import Checkpoint
from hub.origins.download import Download
from hub.origins.errors import Cancelled, OriginError
from hub.origins.huggingface import HuggingFace, from_settings
from hub.origins.limits import check_limits, check_room
from hub.store import Store

CONNECTIONS = 4
MOST_TURNS = 3
TICK_SECONDS = 0.5


def fetch_checkpoint(
    checkpoint: Checkpoint,
    *,
    on_progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    """See to it that every file of the checkpoint is in the store, verified by its SHA-256.

    `on_progress` gets bytes done and bytes in all. Raises OriginError, or Cancelled within a second
    of `cancelled()`; files that were complete by then stay, the others are resumed the next time.
    What is here counts as used now; where there is no room, what was used longest ago goes.
    """
    origin, store = from_settings(), stores.default()
    repo_id = checkpoint.variant.repo_id
    files: list[FileRow] = list({row["sha256"]: row for row in checkpoint.files}.values())
    check_limits((row["size"] for row in checkpoint.files), what=repo_id)
    missing = [row for row in files if not store.touch(row["sha256"])]
    total = sum(row["size"] for row in files)
    here = total - sum(row["size"] for row in missing)
    if missing:
        store.remove_orphans()
        needed = sum(row["size"] for row in missing)
        check_room(missing, make_room(needed, store), what=repo_id)
        crew = _Crew(origin, store, repo_id, checkpoint.commit, missing)
        crew.work(lambda done: on_progress(here + done, total), cancelled)
    on_progress(total, total)


def lay_out(files: Iterable[FileRow], folder: Path, *, fetch: Callable[[], None]) -> None:
    """Links to the files in `folder`. What was evicted since it was fetched is fetched once more.

    Once linked it stays, whatever becomes of its name in the store. Raises what `fetch` raises, and
    OriginError `disk_full` when the store lets go of files faster than they come.
    """
    files = list(files)
    for _ in range(MOST_TURNS):
        try:
            return stores.default().lay_out(files, folder)
        except FileNotFoundError:
            fetch()
    raise OriginError("disk_full", what=folder.name)


class _Crew:
    """A few threads that empty one list of files."""

    def __init__(
        self, origin: HuggingFace, store: Store, repo_id: str, commit: str, rows: list[FileRow]
    ) -> None:
        headers = origin.headers(repo_id)
        self.store = store
        self.stop = threading.Event()
        self.errors: list[BaseException] = []
        self.downloads = [
            Download(
                url=origin.url_of(repo_id, commit, row["path"]),
                headers=headers,
                file=row,
                what=f"{repo_id}/{row['path']}",
                host=origin.host,
                stop=self.stop,
            )
            # The largest first, so that the last thread does not end with a giant alone.
            for row in sorted(rows, key=lambda row: -row["size"])
        ]
        self.waiting = deque(self.downloads)
        self.idle = threading.Semaphore(0)

    def work(self, on_progress: Callable[[int], None], cancelled: Callable[[], bool]) -> None:
        count = min(CONNECTIONS, len(self.downloads))
        for number in range(count):
            # Daemons: one that hangs in a dead connection ends by its time-out, nobody waits for it.
            threading.Thread(target=self._member, name=f"fetch-{number}", daemon=True).start()
        reported = -1
        try:
            while count:
                if self.idle.acquire(timeout=TICK_SECONDS):
                    count -= 1
                if self.errors:
                    break
                done = sum(download.done for download in self.downloads)
                if done != reported:
                    on_progress(done)
                    reported = done
                if cancelled():
                    raise Cancelled
        finally:
            self.stop.set()
        for _ in range(count):  # after a failure: let the others put down what they hold
            self.idle.acquire(timeout=TICK_SECONDS)
        if self.errors:
            raise self.errors[0]

    def _member(self) -> None:
        try:
            while self.waiting and not self.stop.is_set():
                try:
                    download = self.waiting.popleft()
                except IndexError:
                    return
                download.run(self.store)
        except BaseException as error:  # noqa: BLE001 (handed to the caller's thread)
            self.errors.append(error)
        finally:
            self.idle.release()
