"""Make one repository of the plan. Runs in the harness's interpreter: importing it loads torch."""

from __future__ import annotations

import json
from pathlib import Path

import torch
import transformers

from evaluations.toys import training
from evaluations.toys.plan import Repository

transformers.utils.logging.disable_progress_bar()


def build(repository: Repository, folder: Path, parents: Path) -> None:
    """Make one repository in `folder`, from models that lie in `parents`."""
    training.seed_everything(repository.training.get("seed", 0))
    plan = training.Training(**repository.training)
    source = parents / repository.source
    if repository.how == "train":
        model = training.new_model(plan, training.make_tokenizer())
        losses = training.train(plan, model)
        training.save(model, folder)
        training.save_log(plan, losses, folder)
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


def misdescribe(path: Path) -> None:
    config = json.loads(path.read_text("utf-8"))
    config.update(hidden_size=256, intermediate_size=768, num_hidden_layers=3)
    path.write_text(json.dumps(config, indent=2) + "\n", "utf-8")
