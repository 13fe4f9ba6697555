"""Count parameters from the headers of safetensors files. No weights are read, no torch is needed."""

import json
import math
import struct
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.origins.protocol import WeightsSummary

INDEX = "model.safetensors.index.json"
WHOLE = "model.safetensors"
# The client library's own bound.
MAX_HEADER_BYTES = 25_000_000
# The product of thousands of large numbers takes minutes.
MAX_DIMENSIONS = 16
# Bits of one element, and PyTorch's name.
DTYPES = {
    "BOOL": (8, "bool"),
    "U8": (8, "uint8"),
    "I8": (8, "int8"),
    "F8_E4M3": (8, "float8_e4m3fn"),
    "F8_E5M2": (8, "float8_e5m2"),
    "F8_E8M0": (8, "float8_e8m0fnu"),
    "F8_E4M3FNUZ": (8, "float8_e4m3fnuz"),
    "F8_E5M2FNUZ": (8, "float8_e5m2fnuz"),
    "F4": (4, "float4_e2m1fn_x2"),
    "I16": (16, "int16"),
    "U16": (16, "uint16"),
    "F16": (16, "float16"),
    "BF16": (16, "bfloat16"),
    "I32": (32, "int32"),
    "U32": (32, "uint32"),
    "F32": (32, "float32"),
    "F64": (64, "float64"),
    "I64": (64, "int64"),
    "U64": (64, "uint64"),
    "C64": (64, "complex64"),
}
# Several weights in one element: GPTQ and AWQ, compressed-tensors, MXFP4, then bitsandbytes.
PACKED_ENDINGS = (".qweight", "weight_packed", "_blocks")
PACKED_4_BIT = ".weight"
# What a quantisation keeps beside the weights.
HELPER_ENDINGS = (
    *(".qzeros", ".g_idx", ".scales", "_scales", "_scale", ".scale", "_scale_inv", ".absmax"),
    *(".quant_map", "nested_absmax", "nested_quant_map", "weight_shape", "zero_point", ".SCB"),
    *("weight_format", "bitsandbytes__nf4", "bitsandbytes__fp4", "_scale_2", ".biases"),
)


class BadHeader(ValueError):
    """The file does not start as a safetensors file does."""


@dataclass(frozen=True)
class Tensor:
    """`start` and `end` are bytes from where the tensors begin, right behind the header."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


Header = dict[str, Tensor]


def shards(paths: Iterable[str], index: Mapping[str, Any]) -> list[str]:
    """The weight files to count: as the index says, else the whole one, else all in the root.

    A repository may hold the same weights twice (`consolidated.safetensors` beside the shards).
    """
    weight_map = index.get("weight_map")
    if isinstance(weight_map, dict) and weight_map:
        return sorted({str(path) for path in weight_map.values()})
    paths = list(paths)
    if WHOLE in paths:
        return [WHOLE]
    return sorted(path for path in paths if path.endswith(".safetensors") and "/" not in path)


def header_end(data: bytes, size: int) -> int:
    """Where the header ends, in bytes from the start of a file of `size` bytes."""
    if len(data) < 8:
        raise BadHeader("it is too short")
    length = int(struct.unpack("<Q", data[:8])[0])
    if not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
        raise BadHeader(f"its header claims {length} bytes")
    return 8 + length


def read_header(data: bytes, size: int) -> Header:
    """Tensors by name; each must have exactly the bytes that its shape needs, and all together the file."""
    try:
        rows = json.loads(data[8:])
        rows.pop("__metadata__", None)
        header = {name: _tensor(row) for name, row in rows.items()}
        _require_packed(header, size - len(data))
        return header
    except BadHeader:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadHeader("its header cannot be read") from error


def quantization_of(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """As transformers writes it into config.json, or as MLX does; empty where nothing is quantised."""
    stated = config.get("quantization_config") or config.get("quantization")
    return stated if isinstance(stated, dict) else {}


def summarise(headers: Iterable[Header], quantization: Mapping[str, Any]) -> WeightsSummary:
    """Parameters and leading dtype over all shards; helpers of a quantisation do not count."""
    config = quantization
    bits = _bits(config)
    counts: Counter[str] = Counter()
    tensors = 0
    for name, tensor in (item for header in headers for item in header.items()):
        tensors += 1
        width, dtype = DTYPES[tensor.dtype]
        if config and name.endswith(HELPER_ENDINGS):
            continue
        if bits and _is_packed(name, tensor, bits):
            counts[f"int{bits}"] += tensor.elements * width // bits
        else:
            counts[dtype] += tensor.elements
    leading = max(counts, key=lambda dtype: counts[dtype]) if counts else ""
    return WeightsSummary(counts.total(), leading, tensors, _method(config))


def _require_packed(header: Header, room: int) -> None:
    """No byte belongs to two tensors or to none: a hole hides what a reader does not show."""
    position = 0
    for tensor in sorted(header.values(), key=lambda tensor: (tensor.start, tensor.end)):
        if tensor.start != position:
            raise BadHeader("its tensors overlap, or leave a hole between them")
        position = tensor.end
    if position != room:
        raise BadHeader("its tensors do not add up to the file's size")


def _tensor(row: Mapping[str, Any]) -> Tensor:
    dtype, shape, (start, end) = row["dtype"], row["shape"], row["data_offsets"]
    if dtype not in DTYPES:
        raise BadHeader(f"it has tensors of an unknown type {str(dtype)[:20]!r}")
    if len(shape) > MAX_DIMENSIONS:
        raise BadHeader(f"it has a tensor of {len(shape)} dimensions")
    if not all(isinstance(number, int) and number >= 0 for number in (*shape, start, end)):
        raise BadHeader("a shape or an offset is not a number")
    if math.prod(shape) * DTYPES[dtype][0] != (end - start) * 8:
        raise BadHeader("a tensor does not have the bytes that its shape needs")
    return Tensor(dtype, tuple(shape), start, end)


def _is_packed(name: str, tensor: Tensor, bits: int) -> bool:
    if DTYPES[tensor.dtype][0] <= bits or tensor.dtype not in {"I32", "U8", "I8", "U32"}:
        return False
    return name.endswith((*PACKED_ENDINGS, PACKED_4_BIT))


def _bits(config: Mapping[str, Any]) -> int:
    """Bits of a packed weight; 0 when nothing is packed."""
    if config.get("load_in_4bit") or config.get("quant_method") == "mxfp4":
        return 4
    if "FP4" in str(config.get("quant_algo")).upper():
        return 4
    bits = config.get("bits") or config.get("w_bit")
    groups = config.get("config_groups")
    if not bits and isinstance(groups, dict):
        widths = (_inner(group, "weights", "num_bits") for group in groups.values())
        bits = next((width for width in widths if width), 0)
    return bits if isinstance(bits, int) and bits in {1, 2, 3, 4, 8} else 0


def _inner(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _method(config: Mapping[str, Any]) -> str:
    method = str(config.get("quant_method") or "")[:40]
    if not method and (config.get("load_in_4bit") or config.get("load_in_8bit")):
        return "bitsandbytes"
    if not method and "group_size" in config and "bits" in config:
        return "mlx"
    return method
