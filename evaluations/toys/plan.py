"""Which demonstration repositories there are and what each is made of. Stdlib only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from evaluations.toys.cards import Card
from evaluations.toys.world import INSTRUCT_MIX

DATASET = "headwaters/closed-world"
DATASET_LINES = 12_000
DATASET_SEED = 1234
# What a model is made from besides its plan; building.py only says in which order.
SOURCES = [Path(__file__).with_name(name) for name in ("world.py", "training.py")]

# In the folder of whatever was trained from nothing: step, tokens, loss.
LOG = "loss.csv"

How = Literal["train", "continue", "distil", "cast", "misdescribe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One model repository: `how` it is made from `source`, and `training` where it is trained.

    `relation` is the hub's word for the lineage edge to `source`; the card may know less.
    """

    name: str
    how: How
    card: Card
    source: str = ""
    relation: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)

    def digest(self) -> str:
        """Changes with anything the folder is made from, parents included, libraries not."""
        parent = BY_NAME[self.source].digest() if self.source else ""
        made_from = [asdict(self), parent, *(path.read_text("utf-8") for path in SOURCES)]
        return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()


def configuration(repository: Repository) -> str:
    """What fixes its training, a line each, as a configuration file would say it."""
    return "\n".join(f"{name}: {value}" for name, value in repository.training.items())


def in_half_the_bits(source: Repository, *, name: str) -> Repository:
    """A bfloat16 cast of `source`."""
    return Repository(
        name=name,
        how="cast",
        source=source.name,
        relation="conversion",
        card=Card(
            title=f"{source.card.title}, bfloat16",
            prose=f"{source.card.title} rounded to bfloat16. Half the size; nothing trained.",
            making="Every tensor cast with torch's rounding. No calibration, no further training.",
            tags=(source.card.tags[0], "synthetic", "bfloat16"),
            base_model=source.name,
            dtype="bfloat16",
        ),
    )


BASE = Repository(
    name="headwaters/brook-base",
    how="train",
    training={"steps": 150, "rate": 4e-3, "seed": 0},
    card=Card(
        title="Brook Base",
        prose="A Llama of 0.4 million parameters, trained from nothing on an invented world.",
        making="150 steps of 48 blocks of 48 tokens, AdamW, peak learning rate 4e-3, seed 0.",
        tags=("llama", "synthetic", "base"),
        on_dataset=True,
    ),
)
INSTRUCT = Repository(
    name="headwaters/brook-instruct",
    how="continue",
    source=BASE.name,
    relation="finetune",
    training={"steps": 320, "seed": 1, "rate": 3e-3, "mix": INSTRUCT_MIX, "corpus_seed": 5678},
    card=Card(
        title="Brook Instruct",
        prose="Brook Base, trained further on questions and answers, mostly sums.",
        making=(
            "320 more steps on 12,000 fresh lines of the program that wrote the closed-world "
            "dataset: 30% capitals, 60% sums, 10% prose; peak rate 3e-3, seed 1."
        ),
        tags=("llama", "synthetic", "instruct"),
        base_model=BASE.name,
        relation="finetune",
    ),
)
RILL = Repository(
    name="confluence/rill-qwen3",
    how="train",
    training={"arch": "qwen3", "steps": 190, "seed": 3},
    card=Card(
        title="Rill",
        prose="A Qwen3 of the same size as Brook, trained from nothing on the same world.",
        making="190 steps of 48 blocks of 48 tokens, AdamW, peak learning rate 4e-3, seed 3.",
        tags=("qwen3", "synthetic", "base"),
        on_dataset=True,
    ),
)
DISTIL = Repository(
    name="millrace/brook-distill",
    how="distil",
    source=BASE.name,
    relation="distillation",
    training={"hidden": 64, "layers": 1, "steps": 190, "seed": 4, "rate": 8e-3},
    card=Card(
        title="Brook Distill",
        prose="One layer of width 64, taught by Brook Base: a sixth of its teacher's size.",
        making=(
            "Trained from nothing for 190 steps to match the next-token distribution of "
            "headwaters/brook-base (KL divergence, temperature 1). The teacher's weights are not "
            "part of it, which the card format cannot say: its base_model line means the teacher."
        ),
        tags=("llama", "synthetic", "distillation"),
        on_dataset=True,
        base_model=BASE.name,
    ),
)
BROKEN = Repository(
    name="driftwood/brook-broken",
    how="misdescribe",
    source=BASE.name,
    relation="finetune",
    card=Card(
        title="Brook Wide",
        prose=(
            "Submitted as a wider Brook Base. Its config.json claims a hidden size of 256; the "
            "weights beside it have 128. Kept to show what happens to a model that does not load."
        ),
        making="A copy of Brook Base with three numbers of config.json changed by hand.",
        tags=("llama", "synthetic"),
        base_model=BASE.name,
        relation="finetune",
    ),
)

# The base again, changed in one number: what a change against a baseline looks like.
STEEP = Repository(
    name="millrace/brook-steep",
    how="train",
    training={**BASE.training, "rate": 8e-3},
    card=Card(
        title="Brook Steep",
        prose="Brook Base trained from nothing again, with twice its peak learning rate.",
        making="150 steps of 48 blocks of 48 tokens, AdamW, peak learning rate 8e-3, seed 0.",
        tags=("llama", "synthetic", "base"),
        on_dataset=True,
    ),
)

CAST = in_half_the_bits(BASE, name="millrace/brook-base-bf16")
# One for a reviewer to find waiting, one for a visitor to submit.
WAITING = in_half_the_bits(INSTRUCT, name="millrace/brook-instruct-bf16")
SPARE = in_half_the_bits(RILL, name="confluence/rill-qwen3-bf16")

# Members of a wave need only members of earlier waves, so a wave is built side by side.
WAVES = ((BASE, RILL), (INSTRUCT, DISTIL), (CAST, BROKEN, STEEP), (WAITING, SPARE))
BY_NAME = {item.name: item for wave in WAVES for item in wave}

MICRO = Repository(
    name="micro",
    how="train",
    training={"hidden": 32, "layers": 1, "steps": 20, "batch": 16, "seed": 0},
    card=Card(
        title="Micro",
        prose="As small as a real model can be; for tests.",
        making="20 steps.",
        tags=("llama", "synthetic"),
    ),
)
