"""An adapter is measured on its base. Which one that is, its lineage says; its own files are only
compared with that: a name in adapter_config.json is the author's word for some path or repository.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from pathlib import Path
from typing import Any

from evaluations.harness.protocol import HarnessFailure
from evaluations.models import Recipe
from hub import store
from hub.manifest import ADAPTER_CONFIG, WEIGHT_SUFFIXES, Kind
from hub.models import Checkpoint, LineageEdge
from hub.models.lineage import Relation
from hub.origins.fetch import lay_out as lay_out_files
from hub.refusal import Refusal

ADAPTING = (Relation.ADAPTER, Relation.EXTRACTED_ADAPTER)
# What the harness's interpreter must be able to import for a checkpoint that is no whole model.
PACKAGES: dict[Kind, frozenset[str]] = {
    "adapter": frozenset({"peft"}),
    "gguf": frozenset({"gguf"}),
    "model": frozenset(),
}


def needs_of_checkpoint(checkpoint: Checkpoint) -> frozenset[str]:
    """What a worker must have for these files, whatever the recipe (words of capabilities.py)."""
    return PACKAGES[checkpoint.manifest.kind]


def base_of(checkpoint: Checkpoint) -> Checkpoint | None:
    """The checkpoint that an adapter's lineage names; None for what is no adapter. Three queries.

    Raises Refusal: no_base, several_bases, base_unknown (nobody has added it), base_commit_unknown,
    base_not_whole. An edge without a commit means the parent's newest checkpoint.
    """
    if checkpoint.manifest.kind != "adapter":
        return None
    edges = checkpoint.variant.parent_edges.filter(relation__in=ADAPTING)
    return base_among(list(edges.select_related("parent")[:2]))


def base_among(edges: Sequence[LineageEdge]) -> Checkpoint:
    """The checkpoint that an adapter's edges (relations in ADAPTING) name. Raises Refusal as base_of."""
    if not edges:
        message = "This is an adapter, and its lineage names no base. Add the base as its parent."
        raise Refusal("no_base", message)
    if len(edges) > 1:
        message = "Its lineage names several bases; an adapter is measured on one."
        raise Refusal("several_bases", message)
    base = _at(edges[0])
    if base.manifest.kind != "model":
        message = (
            f"Its base {base.variant} is no whole model in safetensors. Merge it, or name another."
        )
        raise Refusal("base_not_whole", message)
    return base


def _at(edge: LineageEdge) -> Checkpoint:
    if edge.parent is None:
        message = f"Its base {edge.parent_name} is not in the catalogue yet. Propose it first."
        raise Refusal("base_unknown", message)
    checkpoints = edge.parent.checkpoints.select_related("variant")
    if edge.parent_commit:
        checkpoints = checkpoints.filter(commit__startswith=edge.parent_commit)
    base: Checkpoint | None = checkpoints.first()
    if base is None:
        at = edge.parent_commit[:12] or "any commit"
        message = f"The catalogue does not have its base {edge.parent} at {at}."
        raise Refusal("base_commit_unknown", message)
    return base


def digest_on(checkpoint: Checkpoint, base: Checkpoint) -> str:
    """What is measured when an adapter is: its own files and those of its base. SHA-256, hex."""
    lines = f"{checkpoint.manifest.digest}  adapter\n{base.digest}  base\n"
    return hashlib.sha256(lines.encode()).hexdigest()


def parts_of(checkpoint: Checkpoint, recipes: Iterable[Recipe]) -> list[Checkpoint]:
    """The checkpoints whose files a run takes: its own, then its base.

    Where every recipe asks an endpoint, the weights are left out: they lie on somebody else's server.
    So they are where kept answers are judged again.
    """
    parts = [checkpoint, *([checkpoint.base] if checkpoint.base else [])]
    if all(recipe.backend in {"endpoint", "stored"} for recipe in recipes):
        return [_without_weights(part) for part in parts]
    return parts


def _without_weights(checkpoint: Checkpoint) -> Checkpoint:
    light = copy(checkpoint)
    light.files = [row for row in light.files if not row["path"].endswith(WEIGHT_SUFFIXES)]
    return light


def lay_out(
    parts: list[Checkpoint], folder: Path, *, fetch: Callable[[], None]
) -> tuple[Path, Path | None]:
    """The files of a run's parts under `folder`: where the checkpoint lies, and where its base.

    `fetch` brings again what was evicted since. Raises HarnessFailure foreign_base where an adapter's
    own config names another base.
    """
    checkpoint, *bases = parts
    if bases:
        check_named_base(checkpoint, bases[0])
    for part, name in zip(parts, ("checkpoint", "base"), strict=False):
        lay_out_files(part.files, folder / name, fetch=fetch)
    return folder / "checkpoint", folder / "base" if bases else None


def check_named_base(adapter: Checkpoint, base: Checkpoint) -> None:
    """Compare what adapter_config.json says it was trained on with what the lineage says."""
    named = str(_config(adapter).get("base_model_name_or_path") or "")
    variant = base.variant
    former = [f"{one.owner}/{one.name}" for one in variant.former_names.all()]
    if named.lower() not in {name.lower() for name in (variant.repo_id, str(variant), *former)}:
        message = (
            f"{ADAPTER_CONFIG} says that it was trained on {named[:200] or 'nothing'}, the lineage "
            f"says {variant}. Correct the one that is wrong: the file at the origin, or the parent here."
        )
        raise HarnessFailure("foreign_base", message, stage="preparing")


def _config(adapter: Checkpoint) -> dict[str, Any]:
    sha256 = next(row["sha256"] for row in adapter.files if row["path"] == ADAPTER_CONFIG)
    with store.default().open(sha256) as file:
        try:
            value = json.loads(file.read())
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, dict):
        raise HarnessFailure("not_a_model", f"{ADAPTER_CONFIG} is not JSON.", stage="preparing")
    return value
