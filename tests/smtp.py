"""A mail server on loopback: what it takes of SMTP is real, what it does with a letter is keep it."""

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class Server:
    """`refuses`: addresses that get 450; `breaks`: hang up at the next letter."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    breaks: bool = False

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if letter["To"] == address]


@contextmanager
def serving() -> Iterator[Server]:
    state = Server()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 loopback")
            while line := self.rfile.readline():
                word = line.decode().strip().upper()
                if word.startswith("DATA"):
                    if state.breaks:
                        return
                    self.say("354 go on")
                    self.say("250 kept" if self.keep() else "451 no")
                elif word.startswith("RCPT"):
                    refused = any(address.upper() in word for address in state.refuses)
                    self.say("450 not now" if refused else "250 fine")
                elif word.startswith("QUIT"):
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

        def keep(self) -> bool:
            lines: list[bytes] = []
            while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                lines.append(line[1:] if line.startswith(b".") else line)
            letter = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
            state.letters.append(letter)
            return True

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    class Threads(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    server = Threads(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
