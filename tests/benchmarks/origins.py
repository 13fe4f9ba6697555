"""The origin that benchmarks fetch from, in a process of its own."""

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx2

from hub.manifest import FileRow

COMMIT = "c" * 40


class Origin:
    """Serves `files` by name; `rows` is how a checkpoint lists them."""

    def __init__(self, folder: Path, files: Mapping[str, bytes]) -> None:
        folder.mkdir()
        self.rows: dict[str, FileRow] = {}
        for path, data in files.items():
            (folder / path).write_bytes(data)
            sha256 = hashlib.sha256(data).hexdigest()
            self.rows[path] = FileRow(path=path, size=len(data), sha256=sha256)
        script = Path(__file__).with_name("origin_server.py")
        command = [sys.executable, str(script), str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    @property
    def size(self) -> int:
        return sum(row["size"] for row in self.rows.values())

    def sent(self) -> int:
        """Bytes of files that went out."""
        return int(httpx2.get(f"{self.url}/sent").text)

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()
