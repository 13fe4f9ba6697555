"""A filter before the kernel's door: what no evaluation calls is refused, whoever calls it.

A list of refusals, as container engines have one: libraries of many versions run behind it. It is
the last of the guards, not the first, and works where no namespace is to be had.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct

from . import kernel

MODE_FILTER = 2
LOAD, JUMP_EQUAL, JUMP_ABOVE, JUMP_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
X32 = 0x40000000
NAMESPACES = (
    kernel.CLONE_NEWNS
    | kernel.CLONE_NEWCGROUP
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
)
OWN_SOCKETS = (socket.AF_UNIX,)
SOCKETS = (*OWN_SOCKETS, socket.AF_INET, socket.AF_INET6, getattr(socket, "AF_NETLINK", 16))

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
CLONE, SOCKET = (56, 220), (41, 198)
# Numbers on x86_64 and aarch64; -1 where there is none.
REFUSED = {
    # other processes and what they hold
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    # the tree of files
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # namespaces and the machine
    "unshare": (272, 97),
    "setns": (308, 268),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "modify_ldt": (154, -1),
    # doors that many attacks on the kernel came through
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "lookup_dcookie": (212, 18),
}
# Its flags lie behind a pointer, where no filter can look; libraries then fall back on clone.
CLONE3 = 435


def restrict(*, sockets: bool) -> bool:
    """Put the filter on this process and all it starts; with `sockets` false only local ones open.

    Needs no_new_privs. False where it is not known for this machine or the kernel refuses it.
    """
    known = ARCHITECTURES.get(os.uname().machine)
    if known is None:
        return False
    column, architecture = known
    code = _program(column, architecture, SOCKETS if sockets else OWN_SOCKETS)
    buffer = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog {unsigned short len; struct sock_filter *filter;}
    program = struct.pack("HP", len(code) // 8, ctypes.addressof(buffer))
    try:
        kernel.call("prctl", kernel.PR_SET_SECCOMP, MODE_FILTER, program, 0, 0)
    except OSError:
        return False
    return True


def _program(column: int, architecture: int, families: tuple[int, ...]) -> bytes:
    lines = [_line(LOAD, ARCHITECTURE), _line(JUMP_EQUAL, architecture, 1, 0), _refuse(errno.EPERM)]
    lines.append(_line(LOAD, NUMBER))
    if column == 0:
        lines += [_line(JUMP_ABOVE, X32, 0, 1), _refuse(errno.EPERM)]
    for numbers in REFUSED.values():
        if numbers[column] >= 0:
            lines += [_line(JUMP_EQUAL, numbers[column], 0, 1), _refuse(errno.EPERM)]
    lines += [_line(JUMP_EQUAL, CLONE3, 0, 1), _refuse(errno.ENOSYS)]
    lines += [
        _line(JUMP_EQUAL, CLONE[column], 0, 4),
        _line(LOAD, FIRST_ARGUMENT),
        _line(JUMP_BITS, NAMESPACES, 0, 1),
        _refuse(errno.EPERM),
        _line(RETURN, ALLOW),
    ]
    lines += [_line(JUMP_EQUAL, SOCKET[column], 1, 0), _line(RETURN, ALLOW)]
    lines.append(_line(LOAD, FIRST_ARGUMENT))
    for family in families:
        lines += [_line(JUMP_EQUAL, family, 0, 1), _line(RETURN, ALLOW)]
    lines.append(_refuse(errno.EAFNOSUPPORT))
    return b"".join(lines)


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """struct sock_filter {u16 code; u8 jt, jf; u32 k}"""
    return struct.pack("HBBI", code, if_true, if_false, value)


def _refuse(number: int) -> bytes:
    return _line(RETURN, REFUSE | number)
