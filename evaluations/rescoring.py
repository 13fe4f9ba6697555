"""Which scorer is the newest for a recipe, and whether it may judge what was answered under it.

A scorer's version is its benchmark's: the digest of one covers all that judges (task files, the code
beside them, the harness by its version). So a rescored score and a new run's stand under one recipe.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from evaluations.actions.seed import HARNESS_VERSIONS
from evaluations.jobs import runs_code
from evaluations.models import BenchmarkVersion, Recipe, Rescoring
from evaluations.suites.declared.definition import Definition
from evaluations.suites.declared.task import task_digest
from evaluations.suites.loader import FOLDER, BadSuite, digest_of_task, task_files
from hub.refusal import Refusal

RESCORINGS = Rescoring.objects.select_related(
    "from_recipe__benchmark_version__benchmark",
    "to_recipe__benchmark_version__benchmark",
    "requested_by",
)
# What a model is shown of a contributed benchmark, and where its answer ends.
PROTOCOL = ("form", "prompt", "choices", "n_shot", "stop", "max_tokens", "examples_sha256")
# All of a recipe but its benchmark's version and the harness's.
KEPT = (
    "n_shot",
    "apply_chat_template",
    "system_prompt",
    "generation",
    "repeats",
    "seeds",
    "dtype",
    "batch_size",
    "backend",
    "backend_args",
    "limit",
    "scorer_version",
    "queue",
)


@dataclass(frozen=True)
class Newer:
    """What would judge a recipe's answers again. `version` is None where it has to be made first: the
    hub's code that judges contributed benchmarks changed. `obstacle` says why it may not."""

    version: BenchmarkVersion | None
    harness_version: str
    obstacle: Refusal | None


def newer_scorer(recipe: Recipe) -> Newer | None:
    """None where the scorer is what it was. Two queries."""
    mine = recipe.benchmark_version
    newest = mine.benchmark.versions.select_related("benchmark").order_by("-pk").first() or mine
    version = None if has_new_code(newest) else newest
    installed = HARNESS_VERSIONS.get(mine.harness, recipe.harness_version)
    if version == mine and installed == recipe.harness_version:
        return None
    return Newer(version, installed, next(obstacles(recipe, newest), None))


def has_new_code(version: BenchmarkVersion) -> bool:
    """Whether the code that judges a contributed benchmark is not what it was when it was published."""
    return version.definition is not None and digest_now(version) != version.digest


def is_here(version: BenchmarkVersion) -> bool:
    """Whether the files that judge are those of `version`: an older or newer hub has others."""
    if version.definition is not None:
        return not has_new_code(version)
    if not version.task_file:
        return True
    try:
        return digest_of_task(task_files(FOLDER / version.task_file)) == version.digest
    except (OSError, BadSuite):
        return False


def digest_now(version: BenchmarkVersion) -> str:
    """BenchmarkVersion.digest of a contributed benchmark with the code that is here."""
    definition = version.definition or {}
    return task_digest(
        Definition.of(definition), version.data_sha256, definition["examples_sha256"]
    )


def judged_by(recipe: Recipe, version: BenchmarkVersion, harness_version: str) -> Recipe:
    """`recipe` under another scorer, not saved: the same question, asked in the same way."""
    kept = {name: getattr(recipe, name) for name in KEPT}
    made = Recipe(
        benchmark_version=version, harness_version=harness_version, rescores=recipe, **kept
    )
    made.digest = made.compute_digest()
    return made


def obstacles(recipe: Recipe, version: BenchmarkVersion) -> Iterator[Refusal]:
    """Why kept answers of `recipe` cannot be judged by `version`'s scorer. What only the prompts tell,
    the harness finds (harness/lm_eval/rescore.py)."""
    mine = recipe.benchmark_version
    if mine.harness != "lm_eval" or version.harness != "lm_eval":
        message = "Inspect's scorers read the whole conversation, of which only answers are kept."
        yield Refusal("other_harness", message)
    if runs_code(recipe) or version.needs != mine.needs:
        message = "Its answers are run as code: that is done where they are written, in a new run."
        yield Refusal("runs_code", message)
    if recipe.backend == "endpoint" and recipe.backend_args.get("api") == "chat":
        message = "A server of chats laid out its prompts; nobody here can compare them."
        yield Refusal("unseen_prompts", message)
    if mine.confidential and not version.confidential:
        yield Refusal("would_open", "The newer version is open, and these answers are closed.")
    if (mine.unit, mine.higher_is_better) != (version.unit, version.higher_is_better):
        message = f"The newer version measures {version.metric} in {version.unit}: another number."
        yield Refusal("other_metric", message)
    if version.definition is None and not is_here(version):
        message = f"The files of {version} are not those that this hub has now."
        yield Refusal("not_here", message)
    if changed := sorted(_changed(mine, version)):
        message = f"The newer version asks otherwise ({', '.join(changed)}): models have to answer."
        yield Refusal("other_protocol", message)


def _changed(mine: BenchmarkVersion, version: BenchmarkVersion) -> Iterator[str]:
    """Parts of the protocol in which two versions of a contributed benchmark differ."""
    if mine.definition is None or version.definition is None:
        return
    yield from (
        name for name in PROTOCOL if mine.definition.get(name) != version.definition.get(name)
    )
