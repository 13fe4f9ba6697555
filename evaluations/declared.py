"""What people may see of a declared benchmark: ten prompts, and what its data comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.cache import cache

from evaluations.models import BenchmarkVersion, Recipe
from evaluations.resolution import Resolution
from evaluations.suites.declared.definition import METRICS, SCORINGS, Definition
from evaluations.suites.declared.sandbox import Rendering, Unreadable, render_data
from evaluations.suites.declared.task import task_digest
from hub import store

# A definition and its data never change; the process that renders them costs a tenth of a second.
REMEMBERED_SECONDS = 24 * 3600

Seen = Mapping[str, Any]


def render_stored(definition: Definition, data_sha256: str, examples_sha256: str) -> Rendering:
    """Render data of the store. Raises Unreadable; FileNotFoundError where it is not here."""
    kept = store.default()
    for sha256 in filter(None, (data_sha256, examples_sha256)):
        if not kept.has(sha256):
            raise FileNotFoundError(sha256)
    examples = kept.path_of(examples_sha256) if examples_sha256 else None
    return render_data(definition, kept.path_of(data_sha256), examples)


def seen_by(rendering: Rendering, *, held_out: bool) -> Seen:
    """{"previews", "context", "facts", "notes", "held_out"}; no prompt of data that is held out."""
    seen = asdict(rendering) | {"held_out": held_out}
    return seen | {"previews": [], "context": ""} if held_out else seen


def sample_of(
    definition: Definition, data_sha256: str, examples_sha256: str, *, held_out: bool
) -> Seen | None:
    """`seen_by` of data in the store, remembered; None where it cannot be rendered here."""
    key = f"declared:{task_digest(definition, data_sha256, examples_sha256)}:{held_out:d}"
    seen: Seen | None = cache.get(key)
    if seen is None:
        try:
            rendering = render_stored(definition, data_sha256, examples_sha256)
        except (Unreadable, FileNotFoundError):
            return None
        seen = seen_by(rendering, held_out=held_out)
        cache.set(key, seen, REMEMBERED_SECONDS)
    return seen


@dataclass(frozen=True)
class VersionShown:
    """A version of a benchmark as its page shows it; `definition` is None for one of the project's."""

    version: BenchmarkVersion
    definition: Definition | None = None
    rows: list[tuple[str, str]] = field(default_factory=list)
    seen: Seen | None = None
    # Each with what it can tell apart, where that is known.
    recipes: Sequence[tuple[Recipe, Resolution | None]] = ()

    @property
    def kept(self) -> Mapping[str, Any]:
        """Licence, origin and size of the data."""
        return self.version.definition or {}


def read_version(version: BenchmarkVersion, resolutions: Mapping[int, Resolution]) -> VersionShown:
    """No query where recipes were prefetched; the prompts are rendered once and then remembered."""
    recipes = [(recipe, resolutions.get(recipe.pk)) for recipe in version.recipes.all()]
    if version.definition is None:
        return VersionShown(version, recipes=recipes)
    definition = Definition.of(version.definition)
    seen = sample_of(
        definition,
        version.data_sha256,
        version.definition["examples_sha256"],
        held_out=version.confidential,
    )
    return VersionShown(version, definition, words_of(definition), seen, recipes)


def words_of(definition: Definition) -> list[tuple[str, str]]:
    """The definition as people read it, templates apart: label and value."""
    rows = [("Metric", METRICS[definition.metric].label), ("Examples", str(definition.n_shot))]
    if definition.cluster_by:
        rows.append(("Clustered by", definition.cluster_by))
    if definition.form == "answer":
        rows.append(("Right when", SCORINGS[definition.scoring]))
        if definition.scoring == "regex":
            rows.append(("Pattern", definition.pattern))
        rows.append(("Stops at", ", ".join(repr(stop) for stop in definition.stop) or "the limit"))
        rows.append(("Longest answer", f"{definition.max_tokens} tokens"))
    return rows
