"""How a model is brought to answer: one function for each back end of a recipe.

Imported by session.py in the harness's interpreter. What a recipe may set stands in backend_args.py;
everything else is set here, so that nothing a repository holds decides it.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lm_eval.models.huggingface
import torch
import transformers
from backend_args import QUANTISED, problems
from endpoints import load_endpoint
from lm_eval.api.registry import get_model
from refusing import Refused
from rescore import STORED, load_answers

Arguments = dict[str, Any]
Job = dict[str, Any]
MISSING_ADAPTER_KEYS = "Found missing adapter keys"


def load_model(job: Job) -> Any:
    """What lm_eval asks its questions. Refused: bad_job for arguments that no recipe may give,
    needs_gpu for weights that only a GPU's kernels read, config_mismatch for an adapter that does not
    fit its base."""
    torch.set_num_threads(int(job["threads"]))
    if job["backend"] == STORED:
        # No recipe can ask for it: the worker does, for a rescoring.
        return load_answers(job)
    if wrong := list(problems(job["backend"], job["backend_args"])):
        raise Refused("bad_job", " ".join(wrong))
    return BACKENDS[job["backend"]](job)


def hf_arguments(job: Job) -> Arguments:
    """For lm_eval's "hf". An adapter's own tokenizer goes before its base's: it was trained with it."""
    given = dict(job["backend_args"])
    quantised = any(given.pop(name, False) for name in QUANTISED)
    given = {name: value for name, value in given.items() if not name.startswith("bnb_")}
    arguments: Arguments = {
        "pretrained": job["base"] or job["checkpoint"],
        "dtype": job["dtype"],
        "trust_remote_code": False,
        "use_safetensors": True,
        **given,
    }
    if arguments.pop("device_map", None):
        arguments["parallelize"] = True
    if job["base"]:
        arguments["peft"] = job["checkpoint"]
    gguf_file = given.get("gguf_file") or only_gguf(Path(job["checkpoint"]))
    if gguf_file and not job["base"]:
        arguments["gguf_file"] = gguf_file
        del arguments["use_safetensors"]
    if (job["base"] or gguf_file) and has_tokenizer(Path(job["checkpoint"])):
        arguments["tokenizer"] = job["checkpoint"]
    if job["device"] == "cpu":
        refuse_on_cpu(job, quantised=quantised)
    return arguments


def only_gguf(folder: Path) -> str:
    """The one GGUF file of a folder that holds no other weights, or ""; bad_job where there are more."""
    if any(folder.glob("*.safetensors")):
        return ""
    names = sorted(path.name for path in folder.glob("*.gguf"))
    if len(names) > 1:
        listed = ", ".join(names[:5])
        raise Refused(
            "bad_job", f"Several GGUF files ({listed}): the recipe has to name gguf_file."
        )
    return names[0] if names else ""


def has_tokenizer(folder: Path) -> bool:
    config = (folder / "tokenizer_config.json").exists()
    return config and any(
        (folder / name).exists() for name in ("tokenizer.json", "tokenizer.model")
    )


def refuse_on_cpu(job: Job, *, quantised: bool) -> None:
    """Quantised weights are read by kernels of GPUs; without one they load slowly, wrongly or not."""
    config = Path(job["base"] or job["checkpoint"]) / "config.json"
    stored = json.loads(config.read_bytes()).get("quantization_config") if config.exists() else None
    if quantised or stored:
        how = str((stored or {}).get("quant_method") or "bitsandbytes")[:40]
        message = f"Its weights are quantised ({how}): that is measured on GPU workers only."
        raise Refused("needs_gpu", message)


class Quantising(lm_eval.models.huggingface.HFLM):  # type: ignore[misc]
    """HFLM that loads weights in four or eight bits: as if the model's own config asked for it."""

    def __init__(self, *args: Any, quantization: Arguments, **options: Any) -> None:
        self.quantization = quantization
        super().__init__(*args, **options)

    def _get_config(self, *args: Any, **options: Any) -> None:
        super()._get_config(*args, **options)
        self._config.quantization_config = {"quant_method": "bitsandbytes", **self.quantization}


def _hf(job: Job) -> Any:
    arguments = hf_arguments(job)
    options = {"batch_size": job["batch_size"], "device": job["device"]}
    quantization = {
        name: value
        for name, value in job["backend_args"].items()
        if name in QUANTISED or name.startswith("bnb_")
    }
    with warnings.catch_warnings():
        # PEFT fills in what an adapter lacks with what it began from, and only warns.
        warnings.filterwarnings("error", message=MISSING_ADAPTER_KEYS)
        try:
            if quantization:
                model = Quantising(**arguments, **options, quantization=quantization)
            else:
                model = get_model("hf").create_from_arg_obj(arguments, options)
        except UserWarning as missing:
            message = f"The adapter does not fit its base. {missing}"[:600]
            raise Refused("config_mismatch", message) from missing
    _forget_generation_config(model.model)
    return model


def _forget_generation_config(model: Any) -> None:
    """generation_config.json of a repository (repetition_penalty ...) must not change a protocol."""
    own = model.generation_config
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=own.bos_token_id, eos_token_id=own.eos_token_id, pad_token_id=own.pad_token_id
    )


def vllm_arguments(job: Job) -> Arguments:
    """For lm_eval's "vllm", which hands on what it does not know to vllm.LLM."""
    arguments: Arguments = {
        "pretrained": job["base"] or job["checkpoint"],
        "dtype": job["dtype"],
        "trust_remote_code": False,
        "batch_size": job["batch_size"],
        # Neither pickled weights nor a repository's own sampling.
        "load_format": "safetensors",
        "generation_config": "vllm",
        **job["backend_args"],
    }
    if job["base"]:
        arguments["lora_local_path"] = job["checkpoint"]
        if has_tokenizer(Path(job["checkpoint"])):
            arguments["tokenizer"] = job["checkpoint"]
    return arguments


def _vllm(job: Job) -> Any:
    if job["device"] == "cpu":
        raise Refused("unavailable", "This worker has no GPU, which vLLM is for.")
    return get_model("vllm")(**vllm_arguments(job))


BACKENDS: dict[str, Callable[[Job], Any]] = {"hf": _hf, "vllm": _vllm, "endpoint": load_endpoint}
