"""A place that checkpoints come from and that misbehaves as told; real HTTP on loopback."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DRIP_SECONDS = 0.05


class Origin(ThreadingHTTPServer):
    """Serves `/<owner>/<name>/resolve/<commit>/<path>` from a folder, or from its folder `<name>` where
    it has one. `fault` is one of

    "" (none), "slow" (no answer in time), "truncated" (half of the bytes), "altered" (one byte
    differs), "drip" (never ends), "hang up" (no answer at all), or an HTTP status as text, with
    `retry_after` seconds. `asked` counts requests by path.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.fault = ""
        self.retry_after = 60
        self.closing = threading.Event()
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *args: Any) -> None:
        """A client that hung up is part of the game."""


class _Handler(BaseHTTPRequestHandler):
    server: Origin

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.server.asked.append(name)
        fault = self.server.fault
        if fault.isdigit():
            return self._refuse(int(fault))
        if fault == "hang up":
            self.close_connection = True
            return None
        if fault == "slow":
            self.server.closing.wait(5)
        own = self.server.folder / self.path.split("/")[2]
        path = (own if own.is_dir() else self.server.folder) / name
        if not path.is_file():
            return self._refuse(404)
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(OSError):
            self._send(data, fault)
        return None

    def _send(self, data: bytes, fault: str) -> None:
        if fault == "truncated":
            data = data[: len(data) // 2]
            self.close_connection = True
        elif fault == "altered":
            data = bytes([data[0] ^ 1]) + data[1:]
        elif fault == "drip":
            while not self.server.closing.is_set() and self.server.fault == "drip":
                time.sleep(DRIP_SECONDS)
        self.wfile.write(data)

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Retry-After", str(self.server.retry_after))
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@contextmanager
def serving(folder: Path) -> Iterator[Origin]:
    origin = Origin(folder)
    thread = threading.Thread(target=origin.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        origin.closing.set()
        origin.shutdown()
        origin.server_close()
        thread.join()
