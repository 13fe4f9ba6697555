"""A TCP proxy that cuts the first connections off after so many bytes from the server."""

import socket
import threading
from contextlib import suppress


class CuttingProxy:
    """Listens on loopback; `cuts` lists how many bytes each cut connection may carry."""

    def __init__(self, port: int, cuts: list[int]) -> None:
        self.cuts = cuts
        self.connections = 0
        self._target = ("127.0.0.1", port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            far = socket.create_connection(self._target)
            threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        carried = 0
        with suppress(OSError):
            while data := source.recv(64 * 1024):
                carried += len(data)
                if answers and self.cuts and carried > self.cuts[0]:
                    self.cuts.pop(0)
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
