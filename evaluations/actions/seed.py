"""Bring the shipped benchmarks, recipes and boards into the database."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from evaluations.actions.next_board import next_board
from evaluations.models import Benchmark, BenchmarkVersion, Board, Recipe
from evaluations.suites.loader import BenchmarkDefinition, BoardDefinition, Suites, load_suites
from hub.models import Dataset

# What recipes are for; tests hold it against requirements/harness.txt.
HARNESS_VERSIONS = {"lm_eval": "0.4.13", "inspect": "0.3.285"}
LOCK = 0x53_45_45_44


@dataclass
class Seeded:
    """What was not there before: slugs of benchmarks and boards, recipes by number."""

    benchmarks: list[str] = field(default_factory=list)
    boards: list[str] = field(default_factory=list)
    recipes: int = 0


def seed_suites(suites: Suites | None = None) -> Seeded:
    """Make the rows that `suites` (by default what the hub ships) defines and that are not there yet.

    Versions, recipes and boards are immutable: a definition that changed becomes the next version
    beside the old one, and `current` moves to the new board. Done twice it changes nothing.
    """
    suites = suites or load_suites()
    seeded = Seeded()
    with transaction.atomic(), connection.cursor() as cursor:
        # Two sites that start at once must not make two "next" versions.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        versions = {each.slug: _version(each, seeded) for each in suites.benchmarks}
        for board in suites.boards:
            _board(board, suites, versions, seeded)
    return seeded


def _version(definition: BenchmarkDefinition, seeded: Seeded) -> BenchmarkVersion:
    owner, _, name = definition.dataset.partition("/")
    benchmark, _ = Benchmark.objects.update_or_create(
        slug=definition.slug,
        defaults={
            "name": definition.name,
            "description": definition.description,
            "dataset_name": definition.dataset,
            "dataset": Dataset.objects.filter(owner=owner, name=name).first(),
        },
    )
    facts = _facts(definition)
    same = benchmark.versions.filter(**facts).first()
    if same is not None:
        if definition.is_confidential and not same.confidential:
            # Not part of what makes a version; and what was opened by mistake is closed again.
            benchmark.versions.filter(pk=same.pk).update(confidential=True)
        return same
    seeded.benchmarks.append(definition.slug)
    taken = set(benchmark.versions.values_list("version", flat=True))
    return benchmark.versions.create(
        version=_free(definition.version, taken),
        confidential=definition.is_confidential,
        **facts,
    )


def _free(version: str, taken: set[str]) -> str:
    """`1`, or `1-2`, `1-3` … where somebody changed a definition without counting up."""
    names = [version, *(f"{version}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _facts(definition: BenchmarkDefinition) -> dict[str, Any]:
    return {
        "harness": definition.harness,
        "task": definition.task,
        "task_file": definition.task_file,
        "digest": definition.digest,
        "metric": definition.metric,
        "filter": definition.filter,
        "aggregate": definition.aggregate,
        "higher_is_better": definition.higher_is_better,
        "unit": definition.unit,
        "chance": definition.chance,
        "lower_bound": definition.lower,
        "upper_bound": definition.upper,
        "best": definition.best,
        "sample_count": definition.samples,
        "cluster_by": definition.cluster_by,
        "needs": list(definition.needs),
    }


def _recipe(
    definition: BenchmarkDefinition,
    board: BoardDefinition,
    version: BenchmarkVersion,
    seeded: Seeded,
) -> Recipe:
    recipe = Recipe(
        benchmark_version=version,
        n_shot=definition.n_shot,
        apply_chat_template=definition.chat,
        system_prompt=definition.system_prompt,
        generation=dict(definition.gen_args),
        repeats=definition.repeats,
        seeds=list(definition.seeds),
        dtype=board.dtype,
        batch_size=board.batch_size,
        backend=board.backend,
        backend_args=dict(board.backend_args),
        harness_version=HARNESS_VERSIONS[definition.harness],
        queue=board.requires,
    )
    recipe.digest = recipe.compute_digest()
    known = Recipe.objects.filter(digest=recipe.digest).first()
    if known is None:
        recipe.save()
        seeded.recipes += 1
    return known or recipe


def _board(
    definition: BoardDefinition,
    suites: Suites,
    versions: dict[str, BenchmarkVersion],
    seeded: Seeded,
) -> None:
    columns = [
        (
            _recipe(
                suites.benchmark(entry.benchmark), definition, versions[entry.benchmark], seeded
            ),
            entry.label,
            entry.weight,
        )
        for entry in definition.entries
    ]
    words = {
        "title": definition.title,
        "question": definition.question,
        "description": definition.description,
    }
    current = Board.objects.filter(slug=definition.slug, current=True).first()
    if current is not None and _columns_of(current) == columns:
        Board.objects.filter(pk=current.pk).update(**words)
        return
    next_board(
        slug=definition.slug,
        columns=columns,
        least_version=definition.version,
        # Anybody's machine can measure on its CPU; what needs a GPU a maintainer turns on.
        automatic=definition.automatic and definition.requires == "cpu",
        **words,
    )
    seeded.boards.append(definition.slug)


def _columns_of(board: Board) -> list[tuple[Recipe, str, float]]:
    columns = board.columns.select_related("recipe")
    return [(column.recipe, column.label, column.weight) for column in columns]
