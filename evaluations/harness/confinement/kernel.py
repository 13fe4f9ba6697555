"""Calls of the Linux kernel that Python 3.11 has no name for; `libc` is None elsewhere."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
CLONE_NEWTIME = 0x00000080

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITY_VERSION_3 = 0x20080522

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
AT_FDCWD = -100
AT_RECURSIVE = 0x8000
# The same on every architecture: younger than the common table of numbers.
SYS_MOUNT_SETATTR = 442
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def call(function: str, *arguments: object) -> int:
    """A function of libc; OSError where it answers -1."""
    ctypes.set_errno(0)
    result: int = getattr(libc, function)(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), function)
    return result


def prctl(option: int, value: int = 0) -> None:
    call("prctl", option, *(ctypes.c_ulong(each) for each in (value, 0, 0, 0)))


def unshare(flags: int) -> bool:
    """Whether this process now has namespaces of its own."""
    with suppress(OSError):
        call("unshare", flags)
        return True
    return False


def map_identity(user: int, group: int) -> None:
    """In a new user namespace: be who we were, so that files keep their owners; nobody else exists."""
    Path("/proc/self/setgroups").write_bytes(b"deny")
    Path("/proc/self/uid_map").write_bytes(b"%d %d 1" % (user, user))
    Path("/proc/self/gid_map").write_bytes(b"%d %d 1" % (group, group))


def raise_loopback() -> None:
    """In a new network namespace: programs may talk to themselves, as torch.distributed does."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        (flags,) = struct.unpack_from("h", asked, 16)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def drop_privileges() -> None:
    """No capability now, none from any file that is executed later."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    with suppress(OSError):
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    for capability in range(64):
        with suppress(OSError):
            prctl(PR_CAPBSET_DROP, capability)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    words = (source.encode(), os.fsencode(target), kind.encode() or None)
    call("mount", *words, ctypes.c_ulong(flags), options.encode() or None)


def restrict_mount(target: str, flags: int, *, below: bool = True) -> None:
    """Add `flags` (MS_RDONLY, MS_NOSUID, MS_NODEV) to a mount, and to those below it. Linux 5.12."""
    attributes = struct.pack("QQQQ", flags, 0, 0, 0)
    path, depth = os.fsencode(target), AT_RECURSIVE if below else 0
    call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, path, depth, attributes, len(attributes))


def enter_root(folder: str) -> None:
    """Make a mount the root of everything; the old root is out of reach afterwards."""
    os.chdir(folder)
    call("syscall", SYS_PIVOT_ROOT[os.uname().machine], b".", b".")
    call("umount2", b".", MNT_DETACH)
    os.chdir("/")
