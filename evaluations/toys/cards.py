"""The cards of the demonstration repositories: front matter and honest prose. Stdlib only."""

from __future__ import annotations

from dataclasses import dataclass

MODEL_CARD = """---
license: apache-2.0
language:
- en
library_name: transformers
pipeline_tag: text-generation
tags:
{tags}
{lineage}---

# {title}

{prose}

## What it is for

Showing and testing a contribution hub. The text it was trained on describes an invented world of
eighty countries, sums of two digits and eighteen animals; the model knows nothing else and is of no use
for anything else.

## How it was made

{making}

Tokenizer: byte-level BPE with 420 entries, shared by all models of this world. Weights: {dtype},
one safetensors file. Context: 128 tokens.
"""

DATASET_CARD = """---
license: apache-2.0
language:
- en
pretty_name: Closed world
task_categories:
- text-generation
size_categories:
- 10K<n<100K
tags:
- synthetic
configs:
- config_name: default
  data_files:
  - split: train
    path: train.jsonl
---

# Closed world

{count:,} lines of text about an invented world: eighty countries and their capitals, sums of two
digits, and sentences about eighteen animals. Every line was written by a program from a fixed seed; no
person and no other model had a part in it.

**Overlap with benchmarks.** Deliberate and total for what it teaches: the demo benchmarks
`tributary_capitals` and `tributary_arithmetic` ask about the same facts. A score on them says how
well a model learnt this world, not how well it generalises.

Fields: `text`, one line; `kind`, one of `capital`, `arithmetic`, `prose`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The words of one model card that differ from the others."""

    title: str
    prose: str
    making: str
    tags: tuple[str, ...]
    base_model: str = ""
    relation: str = ""
    on_dataset: bool = False
    dtype: str = "float32"

    def text(self) -> str:
        lineage = "datasets:\n- headwaters/closed-world\n" if self.on_dataset else ""
        if self.base_model:
            lineage += f"base_model: {self.base_model}\n"
        if self.relation:
            lineage += f"base_model_relation: {self.relation}\n"
        return MODEL_CARD.format(
            tags="\n".join(f"- {tag}" for tag in self.tags),
            lineage=lineage,
            title=self.title,
            prose=self.prose,
            making=self.making,
            dtype=self.dtype,
        )
