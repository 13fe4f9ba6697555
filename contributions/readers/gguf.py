"""The header of a GGUF file: what model it says it is, and whether its tensors fit into it. Bounded."""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_TENSORS = 100_000
MOST_KEYS = 10_000
LONGEST_TEXT = 16 * 1024**2
LONGEST_NAME = 64 * 1024
MOST_ITEMS = 16 * 1024**2
MOST_DIMENSIONS = 8
# What may be read of one file: the header holds the vocabulary.
MOST_BYTES = 64 * 1024**2
# Fixed widths by type number: uint8 … float64; 8 is text, 9 an array.
WIDTHS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
TEXT, ARRAY = 8, 9
# ggml type -> (name, elements of a block, bytes of a block)
TYPES: Mapping[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 40),
    10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4),
    27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
}  # fmt: skip


class BadGguf(ValueError):
    """Why it is not a GGUF file that can be relied on."""


class Short(Exception):
    """The header goes on after the bytes that were given."""


@dataclass(frozen=True)
class Header:
    """`tensors` are (name, type, shape) in the file's order; shapes as PyTorch writes them."""

    version: int
    architecture: str
    name: str
    tensors: tuple[tuple[str, str, tuple[int, ...]], ...]

    @property
    def parameters(self) -> int:
        return sum(math.prod(shape) for _, _, shape in self.tensors)


def read(data: bytes, size: int) -> Header:
    """From the first bytes of a file of `size` bytes. Raises BadGguf, or Short where more are needed."""
    reader = _Reader(data)
    if reader.take(4) != MAGIC:
        raise BadGguf("it does not begin as a GGUF file does")
    version = int(reader.number("<I"))
    if version not in VERSIONS:
        raise BadGguf(f"it is of version {version}")
    tensors, keys = int(reader.number("<Q")), int(reader.number("<Q"))
    if tensors > MOST_TENSORS or keys > MOST_KEYS:
        raise BadGguf(f"it claims {tensors:,} tensors and {keys:,} keys")
    metadata: dict[str, Any] = {}
    for _ in range(keys):
        key = reader.text(LONGEST_NAME)
        value = reader.value(int(reader.number("<I")))
        metadata.setdefault(key, value)
    rows = [_tensor(reader) for _ in range(tensors)]
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 1 <= alignment <= 1 << 20:
        raise BadGguf("its alignment makes no sense")
    start = -(-reader.position // alignment) * alignment
    for name, _, _, offset, length in rows:
        if offset % alignment or start + offset + length > size:
            raise BadGguf(f"its tensor {name[:80]} lies outside of the file")
    return Header(
        version,
        str(metadata.get("general.architecture") or "")[:120],
        str(metadata.get("general.name") or "")[:200],
        tuple((name, kind, shape) for name, kind, shape, _, _ in rows),
    )


def _tensor(reader: "_Reader") -> tuple[str, str, tuple[int, ...], int, int]:
    name = reader.text(LONGEST_NAME)
    dimensions = int(reader.number("<I"))
    if dimensions > MOST_DIMENSIONS:
        raise BadGguf(f"its tensor {name[:80]} has {dimensions} dimensions")
    shape = tuple(int(reader.number("<Q")) for _ in range(dimensions))
    kind = int(reader.number("<I"))
    offset = int(reader.number("<Q"))
    if kind not in TYPES:
        raise BadGguf(f"its tensor {name[:80]} is of an unknown type ({kind})")
    title, elements, width = TYPES[kind]
    count = math.prod(shape)
    if count % elements:
        raise BadGguf(f"its tensor {name[:80]} does not fill its blocks")
    return name, title, shape[::-1], offset, count // elements * width


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, length: int) -> bytes:
        end = self.position + length
        if end > len(self.data):
            raise Short
        part = self.data[self.position : end]
        self.position = end
        return part

    def skip(self, length: int) -> None:
        if self.position + length > len(self.data):
            raise Short
        self.position += length

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self, longest: int) -> str:
        length = int(self.number("<Q"))
        if length > longest:
            raise BadGguf(f"it claims a text of {length:,} bytes")
        return self.take(length).decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind in WIDTHS:
            return self.number(WIDTHS[kind])
        if kind == TEXT:
            return self.text(LONGEST_TEXT)
        if kind == ARRAY:
            return self._array()
        raise BadGguf(f"it has a value of an unknown type ({kind})")

    def _array(self) -> None:
        """Skipped: what is in it nobody asks for. Arrays of arrays do not exist in practice."""
        kind, count = int(self.number("<I")), int(self.number("<Q"))
        if count > MOST_ITEMS:
            raise BadGguf(f"it claims an array of {count:,}")
        if kind in WIDTHS:
            self.skip(count * struct.calcsize(WIDTHS[kind]))
        elif kind == TEXT:
            for _ in range(count):
                length = int(self.number("<Q"))
                if length > LONGEST_TEXT:
                    raise BadGguf(f"it claims a text of {length:,} bytes")
                self.skip(length)
        else:
            raise BadGguf("it holds arrays within arrays")
