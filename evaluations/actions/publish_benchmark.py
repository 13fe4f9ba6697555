from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from evaluations.actions.next_board import Column, next_board
from evaluations.actions.seed import HARNESS_VERSIONS
from evaluations.models import Benchmark, BenchmarkVersion, Board, Recipe
from evaluations.suites.declared.definition import METRICS, Definition
from evaluations.suites.declared.task import generation_of, task_digest
from evaluations.suites.loader import DEFAULT_SEEDS
from hub.models import Dataset
from hub.refusal import Refusal

# Every contributed benchmark is a column of it. Boards that the hub ships have the columns their files say.
COMMUNITY = "community"
LOCK = 0x43_4F_4D_4D
HARNESS = "lm_eval"


@dataclass(frozen=True, kw_only=True)
class BenchmarkFacts:
    """One version of a contributed benchmark. Digests name JSON lines in the store; `examples_sha256`
    is empty for none. `source` says where the data came from: {"repo_id", "path", "commit"} or {}.
    """

    slug: str
    name: str
    description: str
    definition: Definition
    data_sha256: str
    data_bytes: int
    rows: int
    licence: str
    examples_sha256: str = ""
    licence_name: str = ""
    held_out: bool = False
    source: dict[str, str] = field(default_factory=dict)
    chat: bool = False
    dtype: str = "float32"
    batch_size: int = 16
    queue: str = "cpu"


def publish_benchmark(facts: BenchmarkFacts) -> BenchmarkVersion:
    """A new benchmark, or the next version of the contributed one of that slug, with its default recipe.

    It takes its place on the board of community benchmarks. Raises Refusal: name_taken for a slug
    of the project's own, unchanged for a version that is here already.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Two merges at once must not make two "next" versions, of the benchmark or of the board.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        benchmark = _benchmark(facts)
        version = _version(benchmark, facts)
        _put_on_board(_recipe(version, facts))
    return version


def _benchmark(facts: BenchmarkFacts) -> Benchmark:
    known = Benchmark.objects.filter(slug=facts.slug).first()
    if known is not None and known.versions.filter(definition__isnull=True).exists():
        message = f"{facts.slug} is a benchmark of the project; its versions come with the project."
        raise Refusal("name_taken", message, fields={"name": [message]})
    repo_id = facts.source.get("repo_id", "")
    owner, _, name = repo_id.partition("/")
    benchmark, _ = Benchmark.objects.update_or_create(
        slug=facts.slug,
        defaults={
            "name": facts.name,
            "description": facts.description,
            "dataset_name": repo_id,
            "dataset": Dataset.objects.filter(owner=owner, name=name).first(),
        },
    )
    return benchmark


def _version(benchmark: Benchmark, facts: BenchmarkFacts) -> BenchmarkVersion:
    definition = facts.definition
    metric = METRICS[definition.metric]
    digest = task_digest(definition, facts.data_sha256, facts.examples_sha256)
    if benchmark.versions.filter(digest=digest).exists():
        message = f"{benchmark.name} has this very version already."
        raise Refusal("unchanged", message, fields={"benchmark": [message]})
    number = str(benchmark.versions.count() + 1)
    return benchmark.versions.create(
        version=number,
        harness=HARNESS,
        task=f"community_{facts.slug.replace('-', '_')}_{number}",
        digest=digest,
        metric=definition.metric,
        higher_is_better=metric.higher_is_better,
        unit=metric.unit,
        chance=definition.chance,
        lower_bound=metric.lower,
        upper_bound=metric.upper,
        best=definition.best,
        sample_count=facts.rows,
        cluster_by=definition.cluster_by,
        data_sha256=facts.data_sha256,
        definition=stored_definition(facts),
        confidential=facts.held_out,
    )


def stored_definition(facts: BenchmarkFacts) -> dict[str, Any]:
    """What BenchmarkVersion.definition keeps: the definition, and what is to be told of its data."""
    return {
        **facts.definition.as_json(),
        "examples_sha256": facts.examples_sha256,
        "data_bytes": facts.data_bytes,
        "licence": facts.licence,
        "licence_name": facts.licence_name,
        "source": facts.source,
    }


def _recipe(version: BenchmarkVersion, facts: BenchmarkFacts) -> Recipe:
    recipe = Recipe(
        benchmark_version=version,
        n_shot=facts.definition.n_shot,
        apply_chat_template=facts.chat,
        generation=generation_of(facts.definition),
        seeds=list(DEFAULT_SEEDS),
        dtype=facts.dtype,
        batch_size=facts.batch_size,
        harness_version=HARNESS_VERSIONS[HARNESS],
        queue=facts.queue,
    )
    recipe.digest = recipe.compute_digest()
    recipe.save()
    return recipe


def _put_on_board(recipe: Recipe) -> None:
    """Beside the newest versions of the others; a column of an older version of this one goes."""
    current = Board.objects.filter(slug=COMMUNITY, current=True).first()
    columns: list[Column] = []
    if current is not None:
        kept = current.columns.select_related("recipe__benchmark_version")
        columns = [
            (column.recipe, column.label, column.weight)
            for column in kept
            if column.recipe.benchmark_version.benchmark_id != recipe.benchmark_version.benchmark_id
        ]
    columns.append((recipe, recipe.benchmark_version.benchmark.name[:40], 1.0))
    # Not automatic: what strangers proposed is measured where somebody asks for it.
    next_board(
        slug=COMMUNITY,
        columns=columns,
        title="Community benchmarks",
        question="How do variants do on what people here contributed?",
        description="Every benchmark that was contributed and reviewed, in its newest version.",
        automatic=False,
    )
