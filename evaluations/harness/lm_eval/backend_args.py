"""Which arguments a recipe may give to a back end, and which packages it then takes. Stdlib only.

Read by the child, by the loader of suites and by whoever asks what a worker must have. What is not
named here cannot be set: a recipe has no say about paths, addresses, or code of repositories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# How a chat is laid out; both engines that apply templates themselves know these.
THINKING: dict[str, type | tuple[type, ...]] = {
    "enable_thinking": bool,
    "think_end_token": str,
    "chat_template_args": dict,
}
ALLOWED: dict[str, dict[str, type | tuple[type, ...]]] = {
    "hf": {
        "max_length": int,
        "device_map": str,
        "add_bos_token": bool,
        "gguf_file": str,
        "load_in_4bit": bool,
        "load_in_8bit": bool,
        "bnb_4bit_quant_type": str,
        "bnb_4bit_compute_dtype": str,
        **THINKING,
    },
    "vllm": {
        "max_model_len": int,
        "tensor_parallel_size": int,
        "gpu_memory_utilization": float,
        "quantization": str,
        "max_lora_rank": int,
        "add_bos_token": bool,
        **THINKING,
    },
    "endpoint": {
        "endpoint": str,
        "model": str,
        "api": str,
        "max_length": int,
        "add_bos_token": bool,
    },
}
QUANTISED = ("load_in_4bit", "load_in_8bit")
APIS = ("completions", "chat")
# Endpoint names go into what a worker says that it has (Worker.backends).
LONGEST_ENDPOINT = 20


def problems(backend: str, arguments: Mapping[str, Any]) -> Iterator[str]:
    """Sentences about what is wrong with a back end and its arguments; none where all is well."""
    if backend not in ALLOWED:
        yield f"There is no back end called {backend}."
        return
    allowed = ALLOWED[backend]
    for name, value in arguments.items():
        if name not in allowed:
            yield f"{backend} takes no {name} from a recipe."
        elif not isinstance(value, allowed[name]) or (
            isinstance(value, bool) and allowed[name] is int
        ):
            yield f"{name} is not of its type."
    yield from _contradictions(backend, arguments)


def _contradictions(backend: str, arguments: Mapping[str, Any]) -> Iterator[str]:
    if arguments.get("device_map", "auto") != "auto":
        yield "device_map can only be auto: over every GPU that the worker has."
    if all(arguments.get(name) for name in QUANTISED):
        yield "Weights are loaded in four bits or in eight, not in both."
    if "/" in str(arguments.get("gguf_file", "")):
        yield "gguf_file is a name in the root of the repository."
    if backend == "endpoint":
        if not 0 < len(str(arguments.get("endpoint", ""))) <= LONGEST_ENDPOINT:
            yield f"endpoint has to be named, in up to {LONGEST_ENDPOINT} characters."
        if arguments.get("api", "completions") not in APIS:
            yield f"api is one of {', '.join(APIS)}."


def needs(backend: str, arguments: Mapping[str, Any]) -> frozenset[str]:
    """What a worker must have for it beside the harness itself (words of capabilities.py)."""
    if backend == "endpoint":
        return frozenset({f"endpoint:{arguments.get('endpoint', '')}"})
    if backend != "hf":
        return frozenset({backend})
    wanted = {"gguf"} if arguments.get("gguf_file") else set()
    if any(arguments.get(name) for name in QUANTISED):
        wanted.add("bitsandbytes")
    return frozenset(wanted)
