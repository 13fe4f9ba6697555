"""An address that takes webhooks: a real HTTP server on loopback that answers as it is told."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Message:
    """What came in."""

    path: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Listener:
    """`answers` are used up one by one; the last one stays."""

    url: str
    answers: list[Answer]
    messages: list[Message] = field(default_factory=list)


def says(status: int, text: str = "", **headers: str) -> Answer:
    """A whole answer; `retry_after="5"` becomes `Retry-After: 5`."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-").title(), value)
        handler.send_header("Content-Length", str(len(text.encode())))
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


@contextmanager
def listening(
    *answers: Answer, host: str = "127.0.0.1", certificate: Path | None = None
) -> Iterator[Listener]:
    """A listener at a free port of loopback, under the name `host`; by TLS with a certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.messages.append(Message(self.path, dict(self.headers), body))
            queue = listener.answers
            (queue.pop(0) if len(queue) > 1 else queue[0])(self)

        def log_message(self, *_: object) -> None:
            """Silent."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever hangs up on a slow or endless answer is part of the test."""

    server = Server(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if certificate else "http"
    listener = Listener(
        f"{scheme}://{host}:{server.server_port}/hook", list(answers) or [says(204)]
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
