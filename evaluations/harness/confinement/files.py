"""A root of its own: what every Python program reads, what the job names, and nothing else.

Deny by default: home folders, other runs, sockets of servers, site.env are not listed as hidden,
they are simply not there. Everything is read-only but what the job may write.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import kernel

# Where the new root is put together: a folder that every Linux has and nothing is bound from.
WORKSHOP = "/proc"
PROGRAMS = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
)
SETTINGS = tuple(
    f"/etc/{name}"
    for name in (
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "alternatives",
        "localtime",
        "ssl",
        "pki",
        "ca-certificates",
        "resolv.conf",
        "hosts",
        "nsswitch.conf",
        "OpenCL",
        "vulkan",
    )
)
MACHINE = tuple(f"/sys/{name}" for name in ("devices", "class", "bus", "dev", "module"))
NODES = ("null", "zero", "full", "random", "urandom")
GPU_NODES = ("nvidia*", "dri", "kfd", "dxg")
CODE = Path(__file__).resolve().parents[2]
# Memory of a tmpfs is nobody's resident memory: it needs a bound of its own.
TEMPORARY = {"/tmp": "64m", "/dev/shm": "1g"}  # noqa: S108
FILTERED = kernel.MS_NOSUID | kernel.MS_NODEV
READ_ONLY = FILTERED | kernel.MS_RDONLY


def leave(plan: dict[str, Any], *, own_processes: bool) -> bool:
    """Move to such a root; False, with everything as it was, where the kernel does not let us."""
    here = Path.cwd()
    old_processes = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    try:
        kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
        kernel.mount("root", WORKSHOP, "tmpfs", FILTERED, "mode=0755,size=16m")
    except OSError:
        os.close(old_processes)
        return False
    try:
        _build(plan)
        _processes(old_processes, plan.get("processes"), own=own_processes)
        kernel.restrict_mount(WORKSHOP, kernel.MS_RDONLY, below=False)
        kernel.enter_root(WORKSHOP)
    except OSError as error:
        sys.stderr.write(f"no root of its own: {error}\n")
        kernel.call("umount2", os.fsencode(WORKSHOP), kernel.MNT_DETACH)
        return False
    finally:
        os.close(old_processes)
        os.chdir(here if os.access(here, os.X_OK) else "/")
    return True


def shown(plan: dict[str, Any]) -> list[tuple[str, int]]:
    """What a child sees, each with the MS_ flags it is shown under, outer folders before inner ones."""
    seen = dict.fromkeys((*PROGRAMS, *SETTINGS, *MACHINE), READ_ONLY)
    nodes = [f"/dev/{name}" for name in NODES]
    if plan.get("gpu"):
        nodes += [str(path) for name in GPU_NODES for path in Path("/dev").glob(name)]
    seen |= dict.fromkeys(nodes, kernel.MS_NOSUID)
    named = [*_interpreter(plan.get("interpreter", sys.executable)), *plan.get("read_only", ())]
    # A read-only checkpoint may lie within the writable folder of its run, or be it: it wins.
    for path, flags in [(path, FILTERED) for path in plan["writable"]] + [
        (path, READ_ONLY) for path in named
    ]:
        seen[str(Path(path).absolute())] = flags
    return sorted(seen.items(), key=lambda item: item[0].count("/"))


def _build(plan: dict[str, Any]) -> None:
    for target, size in TEMPORARY.items():
        Path(WORKSHOP + target).mkdir(parents=True, exist_ok=True)
        kernel.mount("private", WORKSHOP + target, "tmpfs", FILTERED, f"mode=1777,size={size}")
    for path, flags in shown(plan):
        _show(path, flags)
    _identify()


def _show(path: str, flags: int) -> None:
    """The file or folder with all mounts below it, at its path and at its path without links."""
    if path in PROGRAMS and Path(path).is_symlink():
        Path(WORKSHOP + path).symlink_to(os.path.realpath(path).lstrip("/"))
        return
    source = Path(path).resolve()
    # What we may not reach ourselves is not there either.
    if not os.access(source, os.F_OK):
        return
    for target in dict.fromkeys((str(source), path)):
        place = Path(WORKSHOP + target)
        if target != str(source) and os.path.lexists(place):
            continue
        if source.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        kernel.mount(str(source), str(place), flags=kernel.MS_BIND | kernel.MS_REC)
        kernel.restrict_mount(str(place), flags)


def _identify() -> None:
    """Names for the one user and group there are; libraries ask who they run as."""
    folder, user, group = Path(WORKSHOP, "etc"), os.geteuid(), os.getegid()
    folder.mkdir(exist_ok=True)
    (folder / "passwd").write_bytes(b"harness:x:%d:%d::/tmp:/bin/false\n" % (user, group))
    (folder / "group").write_bytes(b"harness:x:%d:\n" % group)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        Path(WORKSHOP, "dev", name).symlink_to(f"/proc/self/fd/{number}")
    Path(WORKSHOP, "dev", "fd").symlink_to("/proc/self/fd")


def _interpreter(executable: str) -> Iterator[str]:
    """The project's code, and what a Python consists of: its environment and what that was made from."""
    yield str(CODE)
    homes = [Path(executable), Path(executable).resolve()]
    config = Path(executable).parent.parent / "pyvenv.cfg"
    if os.access(config, os.R_OK):
        settings = dict(
            line.partition(" = ")[::2] for line in config.read_text("utf-8").splitlines()
        )
        homes.append(Path(settings.get("home", ""), "python"))
    for home in homes:
        prefix = home.parent.parent
        # That a program is called ~/bin/python does not mean that all of ~ is shown.
        if prefix.is_absolute() and str(prefix) not in ("/", "/usr") and _is_python(prefix):
            yield str(prefix)


def _is_python(prefix: Path) -> bool:
    if not os.access(prefix, os.R_OK | os.X_OK):
        return False
    return (prefix / "pyvenv.cfg").exists() or any(prefix.glob("lib/python3.*"))


def _processes(old: int, most: int | None, *, own: bool) -> None:
    """Only our own processes in /proc; those of all, where the kernel insists (masked containers)."""
    place = Path(WORKSHOP, "proc")
    place.mkdir()
    try:
        if not own:
            raise PermissionError
        kernel.mount("proc", str(place), "proc", FILTERED | kernel.MS_NOEXEC)
        if most and limits_each_namespace():
            # Root has no RLIMIT_NPROC. The first 300 numbers are given out once only.
            (place / "sys" / "kernel" / "pid_max").write_bytes(b"%d" % (most + 300))
    except PermissionError:
        os.fchdir(old)
        kernel.mount(".", str(place), flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.restrict_mount(str(place), READ_ONLY)


def limits_each_namespace() -> bool:
    """Since Linux 6.14 pid_max is a namespace's own; before, writing it would change the machine."""
    major, minor = os.uname().release.split(".")[:2]
    return (int(major), int("".join(filter(str.isdigit, minor)))) >= (6, 14)
