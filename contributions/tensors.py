"""How the tensors of two checkpoints differ. No Django."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# [name, dtype, shape] of each tensor, as the origin check keeps it of the files' headers.
Table = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class TensorChange:
    """`before` and `after` are “BF16 [512, 128]”; empty where there is no such tensor."""

    name: str
    before: str
    after: str


def tensor_changes(old: Table, new: Table) -> list[TensorChange]:
    """Tensors that left, came, or have another dtype or shape; in the order of the newer table."""
    before, after = _described(old), _described(new)
    names = [*after, *(name for name in before if name not in after)]
    return [
        TensorChange(name, before.get(name, ""), after.get(name, ""))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _described(table: Table) -> dict[str, str]:
    return {str(name): f"{dtype} {list(shape)}" for name, dtype, shape in table}
