"""What the catalogue is told about an entry when it is published. Plain values, no Django."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class EdgeFacts:
    """One parent of a variant, by name (`owner/name`); `relation` is one of Relation.values."""

    parent_name: str
    relation: str
    parent_commit: str = ""
    is_dataset: bool = False


@dataclass(frozen=True)
class VariantFacts:
    """A model variant: `parameters` is a count, `licence` a key as on the Hugging Face Hub."""

    owner: str
    name: str
    repo_id: str
    licence: str = ""
    licence_name: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    parameters: int | None = None
    architecture: str = ""
    edges: tuple[EdgeFacts, ...] = ()
    card_text: str = ""
    card_metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset: `purpose` is one of Purpose.values, `size` as stated, with its unit."""

    owner: str
    name: str
    repo_id: str
    licence: str = ""
    licence_name: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    purpose: str = "training"
    size: str = ""
    card_text: str = ""
    card_metadata: Mapping[str, Any] = field(default_factory=dict)
