"""Repositories that attack: what they bring, and how a copy of an honest model becomes one."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.evaluations.harness.jobs import read_tensors, write_tensors

# Where the harness's child stands is its scratch folder.
MARK = "ran"
CODE = f"open({MARK!r}, 'a').write(__name__ + '\\n')\n"
MODELING = (
    CODE
    + """
from transformers import LlamaConfig, LlamaForCausalLM
class OwnConfig(LlamaConfig): model_type = 'llama'
class Own(LlamaForCausalLM): config_class = OwnConfig
"""
)
BODIES = {"own": MODELING, "custom_generate/generate": CODE + "def generate(*a, **b): pass\n"}
ESCAPE = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
FORGOTTEN = "model.layers.0.input_layernorm.weight"


class Payload:
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (CODE.replace("__name__", "'pickle'"),)


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def plant_code(folder: Path) -> None:
    """Everything by which a repository asks loaders to run what it brings."""
    for name in ("tqdm", "own", "sitecustomize", "code_eval/code_eval", "custom_generate/generate"):
        (folder / f"{name}.py").parent.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(BODIES.get(name, CODE))
    for name in ("pytorch_model.bin", "adapter_model.bin", "training_args.bin"):
        (folder / name).write_bytes(pickle.dumps(Payload()))
    auto_map = {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.Own"}
    change(folder / "config.json", auto_map=auto_map)


def template(text: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / "chat_template.jinja").write_text(text)

    return spoil


def catastrophic_regex(folder: Path) -> None:
    # Its end never matches, and each character can be matched in eight ways.
    alternatives = "|".join(f"[^{letter}]" for letter in "abcdefgh")
    pattern = {"Regex": f"(?:{alternatives})+(?!)"}
    split = {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}
    change(folder / "tokenizer.json", pre_tokenizer=split)


def forget_a_weight(folder: Path) -> None:
    path = folder / "model.safetensors"
    header, data = read_tensors(path)
    header["model.layers.0.unheard_of.weight"] = header.pop(FORGOTTEN)
    write_tensors(path, header, data)
