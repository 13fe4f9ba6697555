"""The machine that a worker stands on, as it tells others: what it has, what it can do, what it cannot."""

import functools
import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings

from evaluations import capabilities
from evaluations.harness.confinement import probe
from evaluations.harness.protocol import HarnessFailure
from evaluations.harness.registry import HARNESSES, get_harness
from hub import store

# Queues of workers that evaluate nothing.
DESK = frozenset({"default", "post"})
GPU_FACTS = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
MEBIBYTE = 1 << 20
PATIENCE = 60.0
PACKAGES = ("django", "celery", "huggingface_hub")


def evaluates(queues: tuple[str, ...]) -> bool:
    """Whether a worker of these queues takes runs."""
    return not DESK.issuperset(queues)


@functools.cache
def facts(queues: tuple[str, ...]) -> dict[str, Any]:
    """Columns of Worker that do not change while a process lives; asked of the machine once (0.5 s).

    What only evaluations need is left out where there are none.
    """
    told: dict[str, Any] = {
        "host": platform.node()[:120],
        "hardware": hardware(),
        "versions": {"python": platform.python_version()}
        | {name: metadata.version(name) for name in PACKAGES},
    }
    return told | (_measuring() if evaluates(queues) else {})


def _measuring() -> dict[str, Any]:
    harnesses, versions = _harnesses()
    return {
        "harnesses": harnesses,
        "versions": {"python": platform.python_version(), **versions},
        "backends": list(capabilities.backends_here()),
        "capabilities": list(capabilities.capabilities_here()),
        "confinement": probe(),
    }


def store_facts() -> dict[str, int]:
    """{"free_bytes", "used_bytes"} of the file system that the store lies on."""
    folder = store.default().root
    folder.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(folder)
    return {"free_bytes": usage.free, "used_bytes": usage.used}


def hardware() -> dict[str, Any]:
    """{"cpu", "cores", "memory_bytes", "gpus": [{"name", "memory_bytes"}]}: what this process may use."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_bytes": _memory(),
        "gpus": gpus(),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _memory() -> int:
    """Bytes; a container's limit where there is one."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdecimal() else total


def gpus(command: tuple[str, ...] = GPU_FACTS) -> list[dict[str, Any]]:
    """Name and memory of each NVIDIA GPU; none where nobody can be asked."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
        rows = [line.rsplit(",", 1) for line in done.stdout.splitlines() if line.strip()]
        return [
            {"name": name.strip(), "memory_bytes": int(memory) * MEBIBYTE} for name, memory in rows
        ]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []


def _harnesses() -> tuple[dict[str, str], dict[str, str]]:
    """({harness: its version}, versions of all that their numbers depend on), by metadata alone."""
    found: dict[str, str] = {}
    packages: dict[str, str] = {}
    for name in HARNESSES:
        try:
            versions = get_harness(name, settings.HARNESS_PYTHON).versions()
        except HarnessFailure:
            continue
        if name in versions:
            found[name] = versions[name]
            packages |= versions
    return found, packages
