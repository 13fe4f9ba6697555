"""A plain, quick origin in a process of its own: `python origin_server.py FOLDER` prints its port.

One repository, `a/b`; `GET /sent` says how many bytes of files went out. sendfile, so that what is
measured is the client.
"""

import hashlib
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "c" * 40
FILES = {path.name: path for path in sorted(Path(sys.argv[1]).iterdir())}
DIGESTS = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in FILES.items()}
SIZES = {name: path.stat().st_size for name, path in FILES.items()}
lock = threading.Lock()
sent = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if self.path == "/sent":
            self.json(sent)
        elif "/revision/" in self.path:
            self.json({"id": "a/b", "sha": COMMIT, "siblings": [{"rfilename": n} for n in FILES]})
        elif "/tree/" in self.path:
            self.json([self.entry(name) for name in FILES])
        elif match := re.fullmatch(r"/a/b/resolve/\w+/([\w.-]+)", self.path):
            self.file(match[1])
        else:
            self.send_error(404)

    def entry(self, name: str) -> dict[str, Any]:
        lfs = {"oid": DIGESTS[name], "size": SIZES[name], "pointerSize": 134}
        return {"type": "file", "path": name, "size": SIZES[name], "oid": "0" * 40, "lfs": lfs}

    def json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def file(self, name: str) -> None:
        global sent  # noqa: PLW0603
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{DIGESTS[name]}"')
        self.send_header("X-Linked-Size", str(SIZES[name]))
        self.send_header("Content-Length", str(SIZES[name]))
        self.end_headers()
        if self.command == "GET":
            with FILES[name].open("rb") as file:
                count = self.connection.sendfile(file)
            with lock:
                sent += count


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
