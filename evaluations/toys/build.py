"""Build the demonstration repositories, with the harness's interpreter, from the project's folder:

    .venv-harness/bin/python -m evaluations.toys.build OUTDIR [--micro]

Writes OUTDIR/<namespace>/<name>/ for every repository and OUTDIR/manifest.json last. What is
already built from the same plan is left alone, and torch is not even loaded. With --micro OUTDIR
becomes one tiny model folder.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import shutil
import time
from pathlib import Path
from typing import Any

from evaluations.toys import world
from evaluations.toys.cards import DATASET_CARD
from evaluations.toys.plan import DATASET, DATASET_LINES, DATASET_SEED, MICRO, WAVES, Repository


def marker(folder: Path) -> Path:
    """Beside the folder, whose files are those of a repository and no others."""
    return folder.with_name(f".{folder.name}.built")


def is_built(repository: Repository, folder: Path) -> bool:
    path = marker(folder)
    return path.exists() and path.read_text("utf-8") == repository.digest()


def build(repository: Repository, folder: Path, parents: Path) -> None:
    """From nothing; the marker is written last, so that half a model is never taken for one."""
    started = time.monotonic()
    marker(folder).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    importlib.import_module("evaluations.toys.building").build(repository, folder, parents)
    marker(folder).write_text(repository.digest(), "utf-8")
    print(f"built {repository.name} in {time.monotonic() - started:.0f} s", flush=True)


def build_wave(wave: tuple[Repository, ...], out: Path) -> None:
    """Side by side, in forks of this process once it has paid for the imports."""
    wanted = [item for item in wave if not is_built(item, out / item.name)]
    for item in wave:
        if item not in wanted:
            print(f"kept {item.name}", flush=True)
    if wanted:
        importlib.import_module("evaluations.toys.building")
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=build, args=(item, out / item.name, out)) for item in wanted]
    for child in children:
        child.start()
    for child in children:
        child.join()
        if child.exitcode:
            raise SystemExit(f"a builder failed with exit status {child.exitcode}")


def build_dataset(out: Path) -> None:
    folder = out / DATASET
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "train.jsonl").open("w", encoding="utf-8") as file:
        for kind, text in world.lines(DATASET_SEED, DATASET_LINES):
            file.write(json.dumps({"kind": kind, "text": text}) + "\n")
    (folder / "README.md").write_text(DATASET_CARD.format(count=DATASET_LINES), "utf-8")
    print(f"built {DATASET}", flush=True)


def manifest() -> dict[str, Any]:
    """What lies in the folder: repositories, what they are, and what they descend from."""
    repositories: list[dict[str, Any]] = [{"name": DATASET, "kind": "dataset", "parents": []}]
    for repository in (item for wave in WAVES for item in wave):
        parents = []
        if repository.source:
            parents.append({"name": repository.source, "relation": repository.relation})
        if repository.card.on_dataset:
            parents.append({"name": DATASET, "relation": "trained_on"})
        repositories.append(
            {
                "name": repository.name,
                "kind": "model",
                "parents": parents,
                "broken": repository.how == "misdescribe",
                "digest": repository.digest(),
            }
        )
    return {"format": 1, "repositories": repositories}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--micro", action="store_true", help="one tiny model, in OUT itself")
    options = parser.parse_args()
    out: Path = options.out.absolute()
    if options.micro:
        if not is_built(MICRO, out):
            build(MICRO, out, out)
        return
    started = time.monotonic()
    build_dataset(out)
    for wave in WAVES:
        build_wave(wave, out)
    (out / "manifest.json").write_text(json.dumps(manifest(), indent=2) + "\n", "utf-8")
    print(f"done in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
