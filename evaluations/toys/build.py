"""Build the demonstration repositories, with the harness's interpreter, from the project's folder:

    .venv-harness/bin/python -m evaluations.toys.build OUTDIR [--micro]

Writes OUTDIR/<namespace>/<name>/ for every repository and OUTDIR/manifest.json last. What is
already built from the same plan is left alone. With --micro OUTDIR becomes one tiny model folder.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shutil
import time
from pathlib import Path
from typing import Any

import torch
import transformers

from evaluations.toys import training, world
from evaluations.toys.cards import DATASET_CARD
from evaluations.toys.plan import DATASET, DATASET_LINES, MICRO, WAVES, Repository


def build(repository: Repository, folder: Path, parents: Path) -> None:
    """Make one repository in `folder`; its marker is written last."""
    training.seed_everything(repository.training.get("seed", 0))
    plan = training.Training(**repository.training)
    source = parents / repository.source
    if repository.how == "train":
        model = training.new_model(plan, training.make_tokenizer())
        training.train(plan, model)
        training.save(model, folder)
    elif repository.how == "continue":
        model = training.load(source)
        training.train(plan, model)
        training.save(model, folder)
    elif repository.how == "distil":
        model = training.new_model(plan, training.make_tokenizer())
        training.train(plan, model, teacher=training.load(source))
        training.save(model, folder)
    elif repository.how == "cast":
        training.save(training.load(source).to(torch.bfloat16), folder)
    else:
        training.copy_model(source, folder)
        misdescribe(folder / "config.json")
    (folder / "README.md").write_text(repository.card.text(), "utf-8")
    marker(folder).write_text(repository.digest(), "utf-8")


def misdescribe(path: Path) -> None:
    config = json.loads(path.read_text("utf-8"))
    config.update(hidden_size=256, intermediate_size=768, num_hidden_layers=3)
    path.write_text(json.dumps(config, indent=2) + "\n", "utf-8")


def marker(folder: Path) -> Path:
    """Beside the folder, whose files are those of a repository and no others."""
    return folder.with_name(f".{folder.name}.built")


def is_built(repository: Repository, folder: Path) -> bool:
    path = marker(folder)
    return path.exists() and path.read_text("utf-8") == repository.digest()


def build_if_needed(repository: Repository, out: Path) -> None:
    folder = out / repository.name
    if is_built(repository, folder):
        print(f"kept {repository.name}", flush=True)
        return
    started = time.monotonic()
    marker(folder).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    build(repository, folder, out)
    print(f"built {repository.name} in {time.monotonic() - started:.0f} s", flush=True)


def build_wave(wave: tuple[Repository, ...], out: Path) -> None:
    """Side by side in forks of this process, which has paid for the imports already."""
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=build_if_needed, args=(item, out)) for item in wave]
    for child in children:
        child.start()
    for child in children:
        child.join()
        if child.exitcode:
            raise SystemExit(f"a builder failed with exit status {child.exitcode}")


def build_dataset(out: Path) -> None:
    folder = out / DATASET
    folder.mkdir(parents=True, exist_ok=True)
    writers = {
        "capital": world.capital_line,
        "arithmetic": world.arithmetic_line,
        "prose": world.prose_line,
    }
    rng = random.Random(1234)
    with (folder / "train.jsonl").open("w", encoding="utf-8") as file:
        for _ in range(DATASET_LINES):
            kind = rng.choices(list(writers), weights=(40, 40, 20))[0]
            file.write(json.dumps({"kind": kind, "text": writers[kind](rng)}) + "\n")
    (folder / "README.md").write_text(DATASET_CARD.format(count=DATASET_LINES), "utf-8")
    print(f"built {DATASET}", flush=True)


def manifest() -> dict[str, Any]:
    """What lies in the folder: repositories, what they are, and what they descend from."""
    repositories: list[dict[str, Any]] = [{"name": DATASET, "kind": "dataset", "parents": []}]
    for repository in (item for wave in WAVES for item in wave):
        parents = [{"name": repository.source, "relation": repository.relation}]
        repositories.append(
            {
                "name": repository.name,
                "kind": "model",
                "parents": (parents if repository.source else [])
                + [{"name": DATASET, "relation": "trained_on"}],
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
    transformers.utils.logging.disable_progress_bar()
    if options.micro:
        if not is_built(MICRO, out):
            build(MICRO, out, out)
        return
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    build_dataset(out)
    for wave in WAVES:
        build_wave(wave, out)
    (out / "manifest.json").write_text(json.dumps(manifest(), indent=2) + "\n", "utf-8")
    print(f"done in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
