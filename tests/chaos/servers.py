"""PostgreSQL and Valkey that may be killed, an origin that may misbehave, and a disk that may be filled."""

import ctypes
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from hub.launch.postgres import Postgres
from hub.launch.processes import Sweeper
from hub.launch.valkey import Valkey

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_REC, MS_PRIVATE = 0x4000, 1 << 18
DISK_BYTES = 96 << 20


class Servers:
    """Durable where a restart must lose nothing (PostgreSQL), empty after each restart where it may."""

    def __init__(self, folder: Path) -> None:
        self._sweeper = Sweeper()
        self.postgres = Postgres(
            folder / "postgres", log=folder / "postgres.log", sweeper=self._sweeper, durable=True
        )
        self.valkey = Valkey(
            folder / "valkey", log=folder / "valkey.log", sweeper=self._sweeper, durable=False
        )

    def start(self) -> None:
        self.postgres.start()
        self.valkey.start()

    def stop(self) -> None:
        for server in (self.valkey, self.postgres):
            server.stop()
        self._sweeper.dismiss()

    def restart_postgres(self) -> None:
        """kill -9 of the postmaster, then recovery from the log."""
        self._kill(self.postgres)
        self.postgres.start()

    def restart_valkey(self) -> None:
        """kill -9, then an empty server on the same port."""
        self._kill(self.valkey)
        self.valkey.start()

    def _kill(self, server: Postgres | Valkey) -> None:
        process = server.process
        assert process is not None
        process.kill()
        process.wait()
        self._sweeper.forget(process.pid)
        server.process = None


class Disk:
    """A small file system of its own, where the kernel lets us have one; `fill` leaves not a byte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.is_own = sys.platform == "linux" and _mounted(folder)
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with suppress(OSError), self._ballast.open("wb") as file:
            while True:
                file.write(b"\0" * (1 << 20))

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def remove(self) -> None:
        if self.is_own:
            _libc().umount2(os.fsencode(self.folder), 2)
        shutil.rmtree(self.folder, ignore_errors=True)


def _mounted(folder: Path) -> bool:
    """A tmpfs at `folder`, seen by this process and its children alone."""
    libc = _libc()
    identity = (os.geteuid(), os.getegid())
    if libc.unshare(CLONE_NEWNS if identity[0] == 0 else CLONE_NEWNS | CLONE_NEWUSER):
        return False
    if identity[0]:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{identity[0]} {identity[0]} 1")
        Path("/proc/self/gid_map").write_text(f"{identity[1]} {identity[1]} 1")
    if libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
        return False
    options = f"size={DISK_BYTES},mode=0700".encode()
    return bool(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, options) == 0)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
