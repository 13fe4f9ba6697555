"""What a repository's files say about it, for prefilling and for checking what was proposed."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from hub import cards
from hub.origins import Description, Origin, OriginError

CONFIG_BYTES = 4 * 1024**2
Edge = dict[str, Any]


def read_json(origin: Origin, described: Description, path: str) -> Mapping[str, Any] | None:
    """The object in `path`; None where there is no such file, or it holds no JSON object."""
    if path not in {file.path for file in described.files}:
        return None
    try:
        data = origin.read(described.repo_id, described.commit, path, max_bytes=CONFIG_BYTES)
    except OriginError as error:
        if error.retryable:
            raise
        return None
    return json_object(data)


def json_object(data: bytes) -> Mapping[str, Any] | None:
    """None where `data` is no JSON object."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def architecture_of(config: Mapping[str, Any] | None) -> str:
    """The first class that config.json names; `_name_or_path` and the like are not believed."""
    named = (config or {}).get("architectures")
    if isinstance(named, list) and named and isinstance(named[0], str):
        return " ".join(named[0].split())[:120]
    return ""


def adapter_base(adapter: Mapping[str, Any] | None) -> str:
    """The base that adapter_config.json names, if it is a repository and not a folder."""
    base = (adapter or {}).get("base_model_name_or_path")
    return base if isinstance(base, str) and base.count("/") == 1 else ""


def declared_edges(card: cards.Card, *, adapter: str = "") -> list[Edge]:
    """Lineage as the card declares it, then an adapter's base, then training data; each once."""
    relation = cards.relation(card) or "finetune"
    edges = [_edge(name, relation) for name in cards.base_models(card)]
    if adapter and adapter.lower() not in _names(edges):
        edges.append(_edge(adapter, "adapter"))
    edges += [_edge(name, "trained_on", is_dataset=True) for name in cards.datasets(card)]
    return edges


def _edge(name: str, relation: str, *, is_dataset: bool = False) -> Edge:
    return {
        "parent_name": name,
        "relation": relation,
        "parent_commit": "",
        "is_dataset": is_dataset,
    }


def _names(edges: Iterable[Edge]) -> set[str]:
    return {edge["parent_name"].lower() for edge in edges}
