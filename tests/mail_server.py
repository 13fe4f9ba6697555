"""An SMTP server on loopback that keeps what it takes, or refuses it as it was told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class Session(socketserver.StreamRequestHandler):
    """One connection: as much of RFC 5321 as smtplib speaks."""

    server: MailServer

    def handle(self) -> None:
        self.say("220 loopback")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "RCPT":
                    answer = self.server.answers.get(rest.partition("<")[2].rstrip(">"), "250 fine")
                    if not answer:
                        return
                    self.say(answer)
                case "DATA":
                    self.take()
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 fine")

    def take(self) -> None:
        self.say("354 go on")
        lines = list(iter(self.rfile.readline, b".\r\n"))
        body = b"".join(line.removeprefix(b".") for line in lines)
        self.server.letters.append(message_from_bytes(body, policy=policy.default))
        self.say("250 taken")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.letters: list[EmailMessage] = []
        # Address -> what is said to a letter for it; nothing said: it hangs up.
        self.answers: dict[str, str] = {}

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
