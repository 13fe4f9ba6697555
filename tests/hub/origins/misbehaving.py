"""A small HTTP server on loopback that speaks as the Hub does, and misbehaves as told."""

import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

COMMIT = "c" * 40
BLOCK = 64 * 1024


class Misbehaving(ThreadingHTTPServer):
    """Serves `files` of one repository, `a/b`. Faults hold for answers with a file, unless said."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.sent = 0  # bytes of file bodies
        self.drop_after: int | None = None  # each connection, in body bytes
        self.drops = 0  # how many connections are dropped; -1: all
        self.status_after_drop = 0  # what every request gets from then on
        self.status = 0  # instead of 200, on every path
        self.headers: dict[str, str] = {}
        self.body: bytes | None = None  # instead of JSON, on /api/
        self.corrupt = False  # one byte, same size
        self.ignore_range = False
        self.longer = 0  # bytes more than announced
        self.hang = threading.Event()  # set: accept, then say nothing
        self.stall_after: int | None = None  # send so many bytes of a file, then nothing
        self.redirect = ""  # send files on to this prefix
        self.info: dict[str, Any] = {}
        self.gone = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.requests]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Misbehaving

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        server, path = self.server, unquote(self.path)
        headers = {name.title(): value for name, value in self.headers.items()}
        server.requests.append((self.command, path, headers))
        if server.hang.is_set():
            server.gone.wait(20)
            self.close_connection = True
        elif server.status:
            self._answer(server.status, b"no", server.headers)
        elif path.startswith("/api/"):
            self._answer(200, server.body or json.dumps(self._info()).encode())
        elif match := re.fullmatch(r"/(?:\w+/\w+/resolve|storage)/[^/]+/([^?]+)", path):
            self._file(match[1])
        else:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _info(self) -> dict[str, Any]:
        rows = []
        for path, data in self.server.files.items():
            row: dict[str, Any] = {"rfilename": path, "size": len(data)}
            if path.endswith((".safetensors", ".gguf")):
                row["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
                row["lfs"]["pointerSize"] = 134
            rows.append(row)
        return {"id": "a/b", "sha": COMMIT, "siblings": rows, **self.server.info}

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _file(self, name: str) -> None:
        server = self.server
        if name not in server.files:
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        if server.redirect and not self.path.startswith("/storage/"):
            location = {"Location": f"{server.redirect}/storage/x/{name}"}
            self._answer(302, b"", location)
            return
        data = server.files[name]
        if server.corrupt:
            data = bytes([data[0] ^ 1]) + data[1:]
        data += b"x" * server.longer
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        start, end, status, headers = 0, len(data), 200, {}
        if asked and not server.ignore_range:
            start, end = int(asked[1]), min(int(asked[2] or len(data)) + 1, len(data))
            end = len(data) if not asked[2] else end
            status, headers = 206, {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(end - start)}.items():
            self.send_header(key, value)
        self.end_headers()
        self._send(data[start:end])

    def _send(self, data: bytes) -> None:
        server, sent = self.server, 0
        for start in range(0, len(data), BLOCK):
            block = data[start : start + BLOCK]
            if server.drop_after is not None and server.drops and sent >= server.drop_after:
                server.drops -= 1
                server.status = server.status_after_drop
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            if server.stall_after is not None and sent >= server.stall_after:
                server.gone.wait(20)
                self.close_connection = True
                return
            try:
                self.wfile.write(block)
            except OSError:
                return
            sent += len(block)
            server.sent += len(block)


@contextmanager
def misbehaving(files: dict[str, bytes]) -> Iterator[Misbehaving]:
    server = Misbehaving(files)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.gone.set()
        server.shutdown()
        server.server_close()


def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
