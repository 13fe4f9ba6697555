"""Repositories that this hub's own mirror serves to the real client: small, and whole enough to check."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.actions.host_repository import host_repository
from hub.models.hosted import HostedCommit
from tests.hub.repositories import safetensors, write_repository

# 16 x 8 + 16 x 8 + 8 = 264 parameters
PARAMETERS = 264
TENSORS = {
    "model.embed_tokens.weight": ("F32", [16, 8]),
    "model.layers.0.mlp.up_proj.weight": ("F32", [16, 8]),
    "model.norm.weight": ("F32", [8]),
}
CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 16,
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "torch_dtype": "float32",
}


def card(body: str = "A tiny model for tests.", **metadata: Any) -> bytes:
    """A card; JSON is YAML, so the front matter needs no library."""
    front = {"license": "apache-2.0", **metadata}
    lines = [f"{key}: {json.dumps(value)}" for key, value in front.items() if value is not None]
    return "\n".join(["---", *lines, "---", "", "# Brook", "", body, ""]).encode()


def weights(salt: str = "", tensors: Mapping[str, Any] | None = None) -> bytes:
    """A whole safetensors file; another `salt` is other bytes in the same shapes."""
    fill = (salt or "still water").encode()
    return safetensors(dict(tensors if tensors is not None else TENSORS), fill)


def model_files(salt: str = "", **config: Any) -> dict[str, bytes]:
    """Files of a model that passes every check; `config` changes config.json."""
    return {
        "README.md": card(),
        "config.json": json.dumps({**CONFIG, **config}).encode(),
        "model.safetensors": weights(salt),
        "tokenizer_config.json": b"{}",
    }


def host(
    full_name: str,
    files: Mapping[str, bytes | None] | None = None,
    *,
    kind: str = "model",
    **flags: Any,
) -> HostedCommit:
    """Serve a repository: by default a good model of its own. A file that is None is left out."""
    owner, _, name = full_name.partition("/")
    if kind == "model":
        files = {**model_files(full_name), **(files or {})}
    kept = {
        path: data for path, data in (files or {"README.md": card()}).items() if data is not None
    }
    with tempfile.TemporaryDirectory() as folder:
        write_repository(Path(folder), kept)
        return host_repository(folder=Path(folder), owner=owner, name=name, kind=kind, **flags)
