"""What tests of runs share: checkpoints whose bytes exist, recipes of the fast harness, a real worker."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from evaluations.actions.start import claim_next
from evaluations.models import Recipe, Run
from hub import store
from hub.manifest import FileRow, Manifest
from hub.models import Checkpoint
from tests import fast_harness  # noqa: F401 (registers itself)
from tests.factories import (
    make_benchmark_version,
    make_checkpoint,
    make_recipe,
    make_run,
    make_variant,
    sha256_of,
)

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
POLL = 0.02


def eventually(true: Callable[[], Any], *, within: float = PATIENCE, what: str = "") -> None:
    """Poll until `true()` is; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, what or "it never came true"
        time.sleep(POLL)


def fast_recipe(**fields: Any) -> Recipe:
    return make_recipe(make_benchmark_version(harness="fast"), harness_version="1", **fields)


def stored_checkpoint(salt: str) -> Checkpoint:
    """A checkpoint whose (meaningless) files lie in the store already."""
    files: list[FileRow] = []
    for path in ("config.json", "model.safetensors"):
        data = f"{path} of {salt}".encode()
        sha256 = store.default().add_bytes(data)
        files.append({"path": path, "size": len(data), "sha256": sha256})
    return make_checkpoint(manifest=Manifest.of(sha256_of(salt)[:40], files))


def checkpoint_of(folder: Path, repo_id: str = "") -> Checkpoint:
    """A checkpoint made of a folder's evaluated files, which the store does not have yet."""
    manifest = Manifest.of(sha256_of(str(folder))[:40], rows_of(folder))
    return make_checkpoint(make_variant(repo_id) if repo_id else None, manifest)


def rows_of(folder: Path) -> list[FileRow]:
    return [
        {"path": path.name, "size": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(folder.iterdir())
        if path.is_file()
    ]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def claimed_run(**fields: Any) -> Run:
    """A run of the fast harness on stored bytes, held by this process."""
    fields = {"checkpoint": stored_checkpoint("one"), "recipes": [fast_recipe()], **fields}
    make_run(**fields)
    run = claim_next(queue="cpu", worker="test")
    assert run is not None
    return run


@dataclass
class Worker:
    """A real Celery worker with children of its own, in a process group of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """kill -9 for the worker and its pool at the same instant."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """What a supervisor does: SIGTERM to the worker's own process."""
        self.process.terminate()


def worker_environment(**extra: str) -> dict[str, str]:
    """This process's settings, the test database among them, for another process."""
    host = settings.DATABASES["default"]
    url = f"postgresql://{host['USER']}:{host['PASSWORD']}@{host['HOST'] or 'localhost'}:{host['PORT']}"
    return {
        **os.environ,
        "DATABASE_URL": f"{url}/{connection.settings_dict['NAME']}",
        "DATABASE_POOL_SIZE": "4",
        "STATE_DIR": str(settings.STATE_DIR),
        "STORE_DIR": str(settings.STORE_DIR),
        "HF_ENDPOINT": settings.HF_ENDPOINT,
        "ORIGIN_TIMEOUT": str(settings.ORIGIN_TIMEOUT),
        "LEASE_SECONDS": str(settings.LEASE_SECONDS),
        "REMAP_SIGTERM": "SIGQUIT",
        # Nobody asks a worker for a page: its start is twice as quick without the URLs.
        "CELERY_SKIP_CHECKS": "1",
        **extra,
    }


def start_worker(name: str = "w", *, folder: Path, concurrency: int = 1, **extra: str) -> Worker:
    log = folder / f"{name}-{time.monotonic_ns()}.log"
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "hub.celery",
        "worker",
        "-I",
        "tests.fast_harness",
    ]
    command += ["-n", f"{name}@test", "-Q", "cpu", "-c", str(concurrency), "-l", "WARNING"]
    command += ["--without-mingle", "--without-gossip", "--without-heartbeat"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=worker_environment(**extra),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    return Worker(process, log)


@contextmanager
def running_worker(
    name: str = "w", *, folder: Path, concurrency: int = 1, **extra: str
) -> Iterator[Worker]:
    worker = start_worker(name, folder=folder, concurrency=concurrency, **extra)
    try:
        yield worker
    except BaseException:
        sys.stderr.write(worker.log.read_text(errors="replace")[-4000:])
        raise
    finally:
        worker.kill()


def leftovers() -> list[str]:
    """Work folders of runs that were not removed."""
    folder = settings.STATE_DIR / "runs"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def forget_leftovers() -> None:
    shutil.rmtree(settings.STATE_DIR / "runs", ignore_errors=True)
