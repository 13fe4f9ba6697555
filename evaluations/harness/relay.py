"""Between an evaluation without a network and a server of models that the operator trusts.

The child speaks HTTP through a Unix socket in its scratch folder; this process adds the key and asks
the server. So the child reaches that one address, two paths of it, and never learns the key.
"""

from __future__ import annotations

import http.server
import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2

from evaluations.harness.protocol import Endpoint, HarnessFailure

SOCKET = "endpoint.sock"
PATHS = frozenset({"/completions", "/chat/completions"})
MOST_BYTES = 256 << 20
SECONDS = 600.0
UNREACHED = HTTPStatus.BAD_GATEWAY


class Relay:
    """What became of the questions so far; safe to read while they are asked."""

    def __init__(self, endpoint: Endpoint | None) -> None:
        self.endpoint = endpoint
        # What is wrong with the server since its last good answer.
        self.trouble = ""

    def raise_if_silent(self, stopped: str | None, *, done: bool) -> None:
        """A job that ended for want of answers failed because of the server, not of itself."""
        if self.endpoint and self.trouble and stopped is None and not done:
            message = f"The endpoint {self.endpoint.name} {self.trouble}."
            raise HarnessFailure("unavailable", message)


@contextmanager
def relay(endpoint: Endpoint | None, scratch: Path) -> Iterator[Relay]:
    """Serve SOCKET in `scratch` while the block runs; without an endpoint nothing is served.

    Raises HarnessFailure unavailable where the server does not answer or does not serve the model.
    """
    asked = Relay(endpoint)
    if endpoint is None:
        yield asked
        return
    headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    # A server that sends elsewhere does not get the key there; proxies of the environment are not asked.
    with httpx2.Client(headers=headers, timeout=SECONDS, trust_env=False) as client:
        _check_served(client, endpoint)
        with _Server(asked, client, scratch) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            try:
                yield asked
            finally:
                server.shutdown()
                thread.join()


def _check_served(client: httpx2.Client, endpoint: Endpoint) -> None:
    """By the list of models, where the server has one."""
    try:
        answer = client.get(f"{endpoint.base_url}/models", timeout=30.0)
        rows = answer.json()["data"] if answer.is_success else []
        served = {str(row["id"]) for row in rows}
    except httpx2.HTTPError as error:
        message = f"The endpoint {endpoint.name} does not answer ({type(error).__name__})."
        raise HarnessFailure("unavailable", message, stage="preflight") from None
    except (ValueError, KeyError, TypeError):
        return
    if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        message = f"The endpoint {endpoint.name} does not accept the key of this worker."
        raise HarnessFailure("unavailable", message, stage="preflight")
    if served and endpoint.model not in served:
        message = f"The endpoint {endpoint.name} does not serve {endpoint.model}."
        raise HarnessFailure("unavailable", message, stage="preflight")


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, asked: Relay, client: httpx2.Client, scratch: Path) -> None:
        self.asked = asked
        self.client = client
        # By descriptor: the whole path of a work folder may be longer than a socket's address.
        folder = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
        try:
            (scratch / SOCKET).unlink(missing_ok=True)
            within = Path(f"/proc/self/fd/{folder}")
            super().__init__(str((within if within.exists() else scratch) / SOCKET), _Handler)
        finally:
            os.close(folder)
        (scratch / SOCKET).chmod(0o666)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The child went away in the middle of an answer: nobody is left to tell."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = SECONDS

    def do_POST(self) -> None:
        endpoint, asked = self.server.asked.endpoint, self.server.asked
        length = self.headers.get("Content-Length", "")
        if endpoint is None or self.path not in PATHS:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(int(length))
        try:
            status, answer = self._ask(endpoint.base_url + self.path, body)
        except httpx2.HTTPError as error:
            asked.trouble = f"does not answer ({type(error).__name__})"
            self._answer(UNREACHED, b"{}")
            return
        asked.trouble = "" if status == HTTPStatus.OK else f"answers with status {status}"
        self._answer(status, answer)

    def _refuse(self, status: int) -> None:
        # Its body was not read; what follows on this connection would be taken for a request.
        self.close_connection = True
        self._answer(status, b"{}")

    def _ask(self, url: str, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"}
        with self.server.client.stream("POST", url, content=body, headers=headers) as answer:
            data = bytearray()
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > MOST_BYTES:
                    raise httpx2.DecodingError("more than an answer holds")
            return answer.status_code, bytes(data)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            # Unsaid, a client keeps the connection for its next question, which is then reset.
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "child"

    def log_message(self, *args: Any) -> None:
        """Prompts and answers are in the samples; a log of requests would only repeat them."""
