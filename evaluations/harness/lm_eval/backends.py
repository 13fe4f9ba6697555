"""How a model is brought to answer: one function for each back end of a recipe.

Imported by session.py in the harness's interpreter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import transformers
from lm_eval.api.registry import get_model
from task_files import Refused

Arguments = dict[str, Any]


def load_model(job: dict[str, Any]) -> Any:
    """What lm_eval asks its questions; Refused bad_job for a back end nobody knows."""
    torch.set_num_threads(int(job["threads"]))
    try:
        load = BACKENDS[job["backend"]]
    except KeyError:
        raise Refused("bad_job", f"There is no back end called {job['backend']}.") from None
    return load(job)


def _hf(job: dict[str, Any]) -> Any:
    arguments: Arguments = {
        "pretrained": job["checkpoint"],
        "dtype": job["dtype"],
        "trust_remote_code": False,
        "use_safetensors": True,
    }
    options = {"batch_size": job["batch_size"], "device": job["device"]}
    model = get_model("hf").create_from_arg_obj(arguments, options)
    _forget_generation_config(model.model)
    return model


def _forget_generation_config(model: Any) -> None:
    """generation_config.json of a repository (repetition_penalty ...) must not change a protocol."""
    own = model.generation_config
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=own.bos_token_id, eos_token_id=own.eos_token_id, pad_token_id=own.pad_token_id
    )


BACKENDS: dict[str, Callable[[dict[str, Any]], Any]] = {"hf": _hf}
