"""Small files that outlive a start: passwords and port numbers."""

import contextlib
import os
import secrets
import socket
import tempfile
from pathlib import Path

KEEP_LOG_BYTES = 10 * 1024**2


def kept_secret(path: Path) -> str:
    """The secret in `path`, made on first use: 64 random characters, readable by the owner alone.

    Written aside and linked into place, so that two starts at once agree and none reads half a secret.
    """
    with contextlib.suppress(FileNotFoundError):
        return path.read_text().strip()
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(name, path)
    Path(name).unlink()
    return path.read_text().strip()


def port_is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now. SO_REUSEADDR: old connections do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    # Somebody may listen on all addresses, which macOS lets us bind beside.
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def kept_port(path: Path) -> int:
    """The port of last time if it is still free, so that a psql left open finds its server again."""
    with contextlib.suppress(OSError, ValueError):
        port = int(path.read_text())
        if port_is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    path.write_text(f"{port}\n")
    return port


def forget_port(path: Path) -> None:
    """Somebody was quicker: let `kept_port` choose another."""
    path.unlink(missing_ok=True)


def rotate(log: Path) -> None:
    """Move a log that has grown past 10 MiB aside; one old one is kept."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > KEEP_LOG_BYTES:
            log.replace(log.with_suffix(".1.log"))
