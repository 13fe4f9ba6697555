"""What a measurement was made with and on. Imported in the harness's interpreter; torch is there."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

PACKAGES = (
    "lm_eval inspect_ai torch transformers tokenizers datasets accelerate safetensors math-verify"
)


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES.split():
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def hardware(job: dict[str, Any]) -> dict[str, Any]:
    cpu = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        cpu = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), cpu)
    except OSError:
        pass
    gpus = []
    if str(job["device"]).startswith("cuda"):
        gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "gpus": gpus,
        "device": job["device"],
        "dtype": job["dtype"],
        "batch_size": job["batch_size"],
    }


def usage() -> dict[str, int]:
    """Memory that is in use now, and the GPU's work where its driver tells (10 µs without one)."""
    found = {}
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        found["rss_bytes"] = pages * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    if torch.cuda.is_initialized():
        free, total = torch.cuda.mem_get_info()
        found["gpu_bytes"] = total - free
        with suppress(ImportError, RuntimeError):
            found["gpu_percent"] = torch.cuda.utilization()
    return found
