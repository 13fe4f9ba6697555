"""Small repositories in folders, with real safetensors files, and ways to host them."""

import json
import math
import struct
from pathlib import Path
from typing import Any

from django.urls import include, path

from hub.models import Token, User
from hub.models.token import digest_of, new_secret

# A URL configuration with the mirror alone: these tests need no other page of the site.
urlpatterns = [path("mirror/", include("hub.mirror.urls"))]

CARD = """---
license: apache-2.0
base_model: headwaters/spring
tags: [tiny]
datasets:
- headwaters/pool
---

# Brook

A tiny model that was **trained** on [a pool](https://example.org).
"""


def safetensors(tensors: dict[str, tuple[str, list[int]]], fill: bytes = b"\0") -> bytes:
    """A whole file: header, then `fill` repeated as the tensors' bytes."""
    widths = {"F32": 4, "F16": 2, "BF16": 2, "I32": 4, "U8": 1, "I64": 8}
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, (dtype, shape) in tensors.items():
        size = math.prod(shape) * widths[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + (fill * end)[:end]


def write_repository(folder: Path, files: dict[str, bytes] | None = None) -> Path:
    """A folder with a card, a configuration, weights (120 parameters) and a file further down."""
    defaults = {
        "README.md": CARD.encode(),
        "config.json": b'{"architectures": ["LlamaForCausalLM"]}',
        "model.safetensors": safetensors({"a": ("F32", [10, 10]), "b": ("F32", [20])}, b"\1\2\3"),
        "tokenizer.json": b'{"model": {}}',
        "evals/old/result.json": b"{}",
    }
    for name, data in (files if files is not None else defaults).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def make_token(user: User) -> str:
    """The secret of a new token of `user`."""
    secret = new_secret()
    Token.objects.create(user=user, name="test", hint=secret[:8], digest=digest_of(secret))
    return secret
