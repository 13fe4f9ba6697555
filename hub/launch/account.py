"""The user that PostgreSQL runs as: it refuses to be root.

As root we become `postgres` or, where there is none, `nobody`, for that process alone. No user is
created and no folder's mode is changed, unlike the wheels' own helpers (`useradd`, `chmod o+rx` on
every parent folder).
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """An existing unprivileged user."""

    name: str
    uid: int
    gid: int


def server_account(data: Path) -> Account | None:
    """Who shall run the server whose files are in `data`; None means ourselves.

    The owner of an existing folder wins, so that a `postgres` user installed later does not lock us
    out of data that belong to `nobody`.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(f"uid {owner.st_uid}", owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    return Account("uid 65534", 65534, 65534)


def can_use(account: Account | None, path: Path, flag: str) -> bool:
    """Whether that user passes `test -r|-x|-w` on `path`, parent folders included."""
    return (
        subprocess.run(
            ["/bin/sh", "-c", f'test -{flag} "$0"', str(path)],
            cwd="/",
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        ).returncode
        == 0
    )
