"""Files without a mount namespace: container engines refuse mounts and let this pass (Linux 5.13).

Weaker than a root of its own: names stay visible, modes and times can be changed where the user
may, /tmp is the machine's (and closed), a folder within a writable one cannot be made read-only.
"""

from __future__ import annotations

import os
import stat
import struct
from contextlib import suppress
from typing import Any

from . import files, kernel

SYS_CREATE_RULESET, SYS_ADD_RULE, SYS_RESTRICT_SELF = 444, 445, 446
VERSION, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
MAKE_DEVICES = 1 << 6 | 1 << 11
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
# How many rights each version of the interface knows, from the lowest bit; later ones know no more.
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
# Since version 6: no abstract socket and no signal leads out.
SCOPES = 3
# Beside what a root of its own would show; other processes in /proc stay closed to us even so.
ALSO = (("/proc", files.READ_ONLY), ("/dev/shm", files.FILTERED))  # noqa: S108


def restrict(plan: dict[str, Any]) -> bool:
    """Close every file that files.shown(plan) does not name, for this process and all it starts.

    Needs no_new_privs. False where the kernel does not have it.
    """
    try:
        version = kernel.call("syscall", SYS_CREATE_RULESET, None, 0, VERSION)
        known = (1 << RIGHTS.get(version, RIGHTS[5])) - 1
        attributes = struct.pack("QQQ", known, 0, SCOPES if version >= 6 else 0)
        size = 24 if version >= 6 else 8
        rules = kernel.call("syscall", SYS_CREATE_RULESET, attributes, size, 0)
    except OSError:
        return False
    try:
        for path, flags in (*files.shown(plan), *ALSO):
            with suppress(FileNotFoundError, PermissionError):
                _allow(rules, path, _rights(flags) & known)
        kernel.call("syscall", SYS_RESTRICT_SELF, rules, 0)
    except OSError:
        return False
    finally:
        os.close(rules)
    return True


def _rights(flags: int) -> int:
    if flags & kernel.MS_RDONLY:
        return READ
    if flags & kernel.MS_NODEV:
        return ~(MAKE_DEVICES | IOCTL_DEV)
    return READ_FILE | READ_DIR | WRITE_FILE | IOCTL_DEV


def _allow(rules: int, path: str, rights: int) -> None:
    beneath = os.open(path, os.O_PATH)
    try:
        if not stat.S_ISDIR(os.fstat(beneath).st_mode):
            rights &= OF_FILES
        rule = struct.pack("=Qi", rights, beneath)
        kernel.call("syscall", SYS_ADD_RULE, rules, PATH_BENEATH, rule, 0)
    finally:
        os.close(beneath)
