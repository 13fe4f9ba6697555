"""Look at a fetched model folder before any machine-learning library does. Stdlib only.

Used in the child, which runs in another interpreter, and by checks through import. It reads JSON
and safetensors headers and never weights: well under a second for any size. A first line against
folders that lie or carry code; the child's limits are the second.
"""

from __future__ import annotations

import json
import math
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

MiB = 1 << 20
LARGEST_TEXT = 64 * MiB
LARGEST_HEADER = 64 * MiB
# The product of thousands of large numbers takes minutes.
MOST_DIMENSIONS = 16
MOST_FILES = 20_000
CAPS = {
    "hidden_size": 65_536,
    "intermediate_size": 524_288,
    "num_hidden_layers": 512,
    "num_attention_heads": 1024,
    "num_key_value_heads": 1024,
    "vocab_size": 2_000_000,
    "head_dim": 4096,
    "num_experts": 4096,
    "num_local_experts": 4096,
    "n_routed_experts": 4096,
    "n_embd": 65_536,
    "d_model": 65_536,
    "n_inner": 524_288,
    "n_layer": 512,
    "num_layers": 512,
    "n_layers": 512,
    "n_head": 1024,
    "n_heads": 1024,
    "ffn_dim": 524_288,
    "max_position_embeddings": 1 << 28,
    "n_positions": 1 << 28,
}
# What the families call the same thing; the largest that is there counts.
WIDTHS, LAYERS = (
    ("hidden_size", "n_embd", "d_model"),
    ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
)
INNER = ("intermediate_size", "n_inner", "ffn_dim")
# A config may describe this many times the weights that are there: layers may share them.
GENEROUS = 4
# Packed weights are stored as fewer numbers.
MOST_PACKED = 16
MOST_ADDED_TOKENS = 200_000
LONGEST_PATTERN = 20_000
LARGEST_TEMPLATE = 1 * MiB
PICKLES = re.compile(r"\.(bin|pt|pth|pkl|pickle|ckpt|joblib|npy|npz|h5|keras|msgpack)$", re.I)
COMPILED = (".so", ".pyd", ".dll", ".dylib")
# What libraries read whole.
TEXTS = (".json", ".jinja", ".txt", ".model", ".tiktoken")
# Keys that make transformers fetch kernels or classes from somewhere else.
FOREIGN_CODE = (
    "custom_pipelines",
    "attn_implementation",
    "_attn_implementation",
    "_attn_implementation_internal",
    "experts_implementation",
)
OBJECTS = (
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "processor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
)
# ruff: noqa: SIM905
HARMLESS_GENERATION = frozenset(
    "_from_model_config bos_token_id eos_token_id pad_token_id transformers_version do_sample "
    "temperature top_p top_k use_cache output_attentions output_hidden_states max_length "
    "max_new_tokens".split()
)
BITS = {"F64": 64, "I64": 64, "U64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16}
BITS |= {"I16": 16, "U16": 16, "I8": 8, "U8": 8, "BOOL": 8, "F8_E4M3": 8, "F8_E5M2": 8}
BITS |= {"F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F4": 4, "C64": 64}
# Where the hub's store is on another file system, it lays out links to its blobs.
BLOB = re.compile(r"/blobs/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}$")
LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks)\.(\d+)\.")

# Adapters whose whole change lies in adapter_model.safetensors; others load or compute something first.
ADAPTERS = frozenset({"LORA", "LOHA", "LOKR", "IA3", "OFT", "VERA"})
LARGEST_RANK = 8192
GGUF_MAGIC, GGUF_VERSIONS, MOST_GGUF_ENTRIES = b"GGUF", frozenset({2, 3}), 1_000_000

Level = Literal["error", "warning"]
# "tokenizer": somebody else's server answers, only prompts are cut into tokens here.
Kind = Literal["model", "adapter", "gguf", "tokenizer"]
Tensors = dict[str, tuple[str, tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a folder: `code` for programs, `message` for people."""

    code: str
    level: Level
    message: str
    path: str = ""


@dataclass(slots=True)
class Inspection:
    """What was found. `parameters` counts weights, `dtypes` them by safetensors type."""

    findings: list[Finding] = field(default_factory=list)
    parameters: int = 0
    dtypes: dict[str, int] = field(default_factory=dict)
    architectures: tuple[str, ...] = ()
    model_type: str = ""

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == "error"]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == "warning"]

    @property
    def ok(self) -> bool:
        return not self.errors

    def refuse(self, code: str, message: str, path: str = "") -> None:
        self.findings.append(Finding(code, "error", message, path))

    def warn(self, code: str, message: str, path: str = "") -> None:
        self.findings.append(Finding(code, "warning", message, path))


class Unreadable(ValueError):
    """A file that is not what its name says."""


def inspect_job(checkpoint: Path, base: Path | None, backend: str) -> Inspection:
    """Everything to say about what a job loads: a model, or an adapter and its base."""
    if base is None:
        return inspect_folder(checkpoint, kind=_kind_of(checkpoint, backend))
    found = inspect_folder(base, kind="model" if backend != "endpoint" else "tokenizer")
    adapter = inspect_folder(checkpoint, kind="adapter" if backend != "endpoint" else "tokenizer")
    found.findings += adapter.findings
    return found


def _kind_of(folder: Path, backend: str) -> Kind:
    if backend in {"endpoint", "stored"}:
        return "tokenizer"
    gguf = any(folder.glob("*.gguf")) and not any(folder.glob("*.safetensors"))
    return "gguf" if gguf else "model"


def inspect_folder(folder: Path, *, kind: Kind = "model") -> Inspection:
    """Everything this module knows to say about a folder; never raises for what is in it."""
    found = Inspection()
    if not folder.is_dir():
        found.refuse("not_a_model", "There is no folder with the files of this checkpoint.")
        return found
    _check_files(folder, found)
    if not found.ok:
        return found
    if kind == "adapter":
        _check_adapter(folder, found)
    elif kind == "gguf":
        _check_gguf(folder, found)
    if kind != "model":
        _read_objects(folder, found)
        return found
    config = _check_objects(folder, found)
    tensors = _check_weights(folder, found)
    if config is not None:
        _check_config(config, tensors, found)
    return found


def read_safetensors_header(path: Path) -> Tensors:
    """Tensor name -> (dtype, shape) of one file; Unreadable where offsets and sizes disagree."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if length > min(LARGEST_HEADER, size - 8):
            raise Unreadable("its header is longer than the file: these are not safetensors")
        try:
            header = json.loads(file.read(length))
            header.pop("__metadata__", None)
            tensors = {name: _tensor(name, entry) for name, entry in header.items()}
            end = _end_of(sorted(tuple(entry["data_offsets"]) for entry in header.values()))
        except (AttributeError, ArithmeticError, LookupError, RecursionError, TypeError) as error:
            raise Unreadable(f"its header is malformed ({type(error).__name__})") from error
        except ValueError as error:
            if isinstance(error, Unreadable):
                raise
            raise Unreadable("its header is not JSON: these are not safetensors") from error
    if end != size - 8 - length:
        raise Unreadable("its length does not match its header: truncated or padded")
    return tensors


def _end_of(offsets: list[tuple[int, int]]) -> int:
    """Where the last tensor ends; no byte may belong to two tensors, or to none."""
    position = 0
    for begin, end in offsets:
        if begin != position:
            raise Unreadable("its tensors overlap, or leave a hole between them")
        position = end
    return position


def _tensor(name: str, entry: Any) -> tuple[str, tuple[int, ...]]:
    begin, end = entry["data_offsets"]
    if len(entry["shape"]) > MOST_DIMENSIONS:
        raise Unreadable(f"tensor {name} has {len(entry['shape'])} dimensions")
    shape = tuple(int(side) for side in entry["shape"])
    bits = BITS.get(entry["dtype"])
    if any(side < 0 for side in shape) or not 0 <= begin <= end:
        raise Unreadable(f"tensor {name} has a negative size")
    if bits is None:
        raise Unreadable(f"tensor {name} is of an unknown type")
    if (end - begin) * 8 != math.prod(shape) * bits:
        raise Unreadable(f"the bytes of tensor {name} do not fit its shape")
    return str(entry["dtype"]), shape


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        for name in sorted([*folders, *files]):
            yield Path(root, name)


def _check_files(folder: Path, found: Inspection) -> None:
    inside = str(folder.resolve()) + os.sep
    for count, path in enumerate(_walk(folder)):
        name = str(path.relative_to(folder))
        if count > MOST_FILES:
            found.refuse("unsafe_files", f"More than {MOST_FILES} files.")
            return
        target = str(path.resolve())
        if path.is_symlink() and not target.startswith(inside) and not BLOB.search(target):
            found.refuse("unsafe_files", f"{name} is a link out of the folder.", name)
        elif name.endswith(COMPILED):
            found.refuse("unsafe_files", f"{name} is compiled code.", name)
        elif name.endswith(TEXTS) and path.is_file() and path.stat().st_size > LARGEST_TEXT:
            message = f"{name} is larger than {LARGEST_TEXT // MiB} MiB."
            found.refuse("not_a_model", message, name)
        elif name.endswith(".py"):
            found.warn("code_ignored", f"{name} is code; it is never run.", name)
        elif PICKLES.search(name):
            found.warn("pickle_ignored", f"{name} may be a pickle; it is never loaded.", name)


def _read_object(folder: Path, name: str, found: Inspection) -> dict[str, Any] | None:
    path = folder / name
    if not path.exists():
        return None
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        found.refuse("not_a_model", f"{name} is not JSON.", name)
        return None
    if not isinstance(value, dict):
        found.refuse("not_a_model", f"{name} is not a JSON object.", name)
        return None
    return value


def _check_objects(folder: Path, found: Inspection) -> dict[str, Any] | None:
    adapter = (folder / "adapter_config.json").exists()
    if not (folder / "config.json").exists():
        message = (
            "This is an adapter without its base; it has to be merged to be measured."
            if adapter
            else "There is no config.json, so nobody can tell what model this is."
        )
        found.refuse("missing_config", message, "config.json")
        return None
    if adapter:
        found.refuse(
            "adapter_beside_weights",
            "adapter_config.json lies beside full weights: a loader would add it silently.",
            "adapter_config.json",
        )
    return _read_objects(folder, found)


def _read_objects(folder: Path, found: Inspection) -> dict[str, Any] | None:
    """What the configuration files ask for beside shapes; config.json, where there is one."""
    config = None
    for name in OBJECTS:
        value = _read_object(folder, name, found)
        if value is None:
            continue
        config = value if name == "config.json" else config
        if "auto_map" in value:
            found.warn("code_ignored", f"{name} names code in auto_map; it is never run.", name)
        for key in FOREIGN_CODE:
            if value.get(key) not in (None, "eager", "sdpa", "flash_attention_2"):
                found.refuse("needs_own_code", f"{name} asks for {key}: not allowed.", name)
        if name == "generation_config.json" and (odd := set(value) - HARMLESS_GENERATION):
            listed = ", ".join(sorted(odd))
            found.warn("generation_ignored", f"{name} sets {listed}: protocols decide that.", name)
        if name == "tokenizer.json":
            _check_tokenizer(value, found)
    for path in folder.glob("*.jinja"):
        if path.stat().st_size > LARGEST_TEMPLATE:
            message = f"{path.name} is larger than {LARGEST_TEMPLATE // MiB} MiB."
            found.refuse("not_a_model", message, path.name)
    return config


def _check_tokenizer(value: dict[str, Any], found: Inspection) -> None:
    """Sizes only. What its patterns cost on a text nobody can tell: the child's limits bound that."""
    name = "tokenizer.json"
    added = value.get("added_tokens")
    if isinstance(added, list) and len(added) > MOST_ADDED_TOKENS:
        message = f"{name} adds {len(added)} tokens; {MOST_ADDED_TOKENS} are allowed."
        found.refuse("not_a_model", message, name)
    for part in ("normalizer", "pre_tokenizer", "post_processor", "decoder"):
        longest = max(map(len, _texts(value.get(part))), default=0)
        if longest > LONGEST_PATTERN:
            message = f"{name}: {part} has a pattern of {longest} characters."
            found.refuse("not_a_model", message, name)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, in whatever order; not by recursion, it may be nested deeply."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _check_weights(folder: Path, found: Inspection) -> Tensors:
    tensors: Tensors = {}
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        pickles = [item.path for item in found.warnings if item.code == "pickle_ignored"]
        if pickles:
            message = f"The weights ({pickles[0]}) are a pickle, which can run code when loaded."
            found.refuse("pickle_weights", f"{message} Publish them as safetensors.", pickles[0])
        else:
            found.refuse("not_a_model", "There are no weights: no .safetensors file.")
    for path in files:
        try:
            tensors |= read_safetensors_header(path)
        except (Unreadable, OSError) as error:
            found.refuse("not_a_model", f"{path.name}: {error}.", path.name)
    for dtype, shape in tensors.values():
        count = math.prod(shape)
        found.parameters += count
        found.dtypes[dtype] = found.dtypes.get(dtype, 0) + count
    return tensors


def _check_adapter(folder: Path, found: Inspection) -> None:
    """An adapter's own config may name code, and what it was trained on; the second is not believed."""
    name = "adapter_config.json"
    config = _read_object(folder, name, found) or {}
    kind = str(config.get("peft_type") or "nothing")[:40]
    if found.ok and kind not in ADAPTERS:
        listed = ", ".join(sorted(ADAPTERS))
        found.refuse("not_a_model", f"{name}: peft_type is {kind}, measured are {listed}.", name)
    if config.get("megatron_config"):
        found.refuse("needs_own_code", f"{name} asks for megatron_config: not allowed.", name)
    pattern = config.get("rank_pattern")
    ranks = [config.get("r"), *(pattern.values() if isinstance(pattern, dict) else ())]
    if any(isinstance(rank, int | float) and rank > LARGEST_RANK for rank in ranks):
        found.refuse("config_mismatch", f"{name}: a rank is over {LARGEST_RANK}.", name)
    _check_weights(folder, found)


def _check_gguf(folder: Path, found: Inspection) -> None:
    """The first bytes of each; what its library makes of the rest, the limits of the child bound."""
    for path in sorted(folder.glob("*.gguf")):
        with path.open("rb") as file:
            start = file.read(24)
        magic, version, *counts = struct.unpack("<4sIQQ", start) if len(start) == 24 else (b"", 0)
        if magic != GGUF_MAGIC or version not in GGUF_VERSIONS:
            found.refuse("not_a_model", f"{path.name} is not a GGUF file.", path.name)
        elif max(counts) > min(MOST_GGUF_ENTRIES, path.stat().st_size):
            found.refuse("not_a_model", f"{path.name} claims more than it holds.", path.name)


def _check_config(config: dict[str, Any], tensors: Tensors, found: Inspection) -> None:
    found.model_type = str(config.get("model_type") or "")
    named = config.get("architectures")
    found.architectures = tuple(map(str, named)) if isinstance(named, list) else ()
    if not found.model_type:
        found.refuse("not_a_model", "config.json names no model_type.", "config.json")
    text = config.get("text_config")
    inner = text if isinstance(text, dict) else config
    for part in (config, inner):
        _check_caps(part, found)
    if found.ok and tensors:
        packed = bool(config.get("quantization_config"))
        if not packed:
            _check_shapes(inner, tensors, found)
        _check_size(inner, found.parameters * (MOST_PACKED if packed else 1), found)


def _check_caps(config: dict[str, Any], found: Inspection) -> None:
    for key, cap in CAPS.items():
        value = config.get(key)
        # Some families give a list, one number a layer.
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, int | float) and not each <= cap:
                found.refuse("config_mismatch", f"config.json: {key} {each} is over {cap}.")
                break
    for key in (WIDTHS[0], LAYERS[0], "vocab_size"):
        if not isinstance(config.get(key, 0), int | float | None):
            found.refuse("config_mismatch", f"config.json: {key} is no number.")


def _check_size(config: dict[str, Any], stored: int, found: Inspection) -> None:
    """Refuse a config that describes far more weights than there are: they would be made up in memory."""
    width, layers, inner = (_largest(config, names) for names in (WIDTHS, LAYERS, INNER))
    least = (
        layers * width * (width + 2 * inner) // 2 + _largest(config, ("vocab_size",)) * width // 2
    )
    if least > GENEROUS * stored:
        message = f"config.json describes at least {least:,} weights; there are {stored:,}."
        found.refuse("config_mismatch", message, "config.json")


def _largest(config: dict[str, Any], names: tuple[str, ...]) -> int:
    return max((config[name] for name in names if isinstance(config.get(name), int)), default=0)


def _check_shapes(config: dict[str, Any], tensors: Tensors, found: Inspection) -> None:
    """Compare what every architecture of the Llama family says twice: in config and in shapes."""
    for name, (_, shape) in tensors.items():
        if name.endswith("embed_tokens.weight") and len(shape) == 2:
            _compare(config, "vocab_size", shape[0], name, found)
            _compare(config, "hidden_size", shape[1], name, found)
        elif name.endswith("layers.0.mlp.up_proj.weight") and len(shape) == 2:
            _compare(config, "intermediate_size", shape[0], name, found)
    layers = [int(match[1]) for name in tensors if (match := LAYER.search(name))]
    stated = config.get("num_hidden_layers")
    # More layers than stated is usual: multi-token prediction heads are stored as a last layer.
    if layers and isinstance(stated, int) and stated > max(layers) + 1:
        message = f"config.json says {stated} layers, the weights have {max(layers) + 1}."
        found.refuse("config_mismatch", message, "config.json")


def _compare(config: dict[str, Any], key: str, actual: int, tensor: str, found: Inspection) -> None:
    stated = config.get(key)
    if isinstance(stated, int) and stated != actual:
        message = f"config.json says {key} {stated}, but {tensor} in the weights has {actual}."
        found.refuse("config_mismatch", message, "config.json")
