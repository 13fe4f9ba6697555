"""Contributed benchmarks become versions, recipes and columns, and are measured like others."""

from pathlib import Path
from typing import Any

import pytest

from evaluations.actions.evaluate import evaluate
from evaluations.actions.publish_benchmark import COMMUNITY, BenchmarkFacts, publish_benchmark
from evaluations.actions.request import request_runs
from evaluations.actions.start import claim_next
from evaluations.harness.protocol import HarnessFailure
from evaluations.jobs import declared_task
from evaluations.models import Board, Recipe, Score
from evaluations.suites.declared.rows import write_rows
from hub import store
from hub.manifest import FileRow, Manifest
from hub.models import User
from hub.refusal import Refusal
from tests.evaluations.suites.declared import examples
from tests.factories import make_benchmark_version, make_checkpoint
from tests.toys import micro_model

pytestmark = pytest.mark.django_db


def facts(rows: int = 8, **changes: Any) -> BenchmarkFacts:
    content = write_rows(examples.capitals(rows))
    values: dict[str, Any] = {
        "slug": "capitals",
        "name": "Capitals",
        "description": "Capitals of countries that are not.",
        "definition": examples.choice(),
        "data_sha256": store.default().add_bytes(content),
        "data_bytes": len(content),
        "rows": rows,
        "licence": "cc0-1.0",
    }
    return BenchmarkFacts(**(values | changes))


def test_a_first_version_has_a_recipe_and_a_column() -> None:
    version = publish_benchmark(facts())
    assert (version.version, version.metric, version.sample_count) == ("1", "acc", 8)
    assert (version.lower_bound, version.upper_bound, version.chance) == (0.0, 1.0, 0.25)
    [recipe] = Recipe.objects.all()
    assert recipe.benchmark_version == version
    assert recipe.digest == recipe.compute_digest()
    board = Board.objects.get(slug=COMMUNITY, current=True)
    assert [column.recipe for column in board.columns.all()] == [recipe]
    assert board.automatic is False


def test_the_next_version_takes_the_place_of_the_first_on_a_new_board_version() -> None:
    other = publish_benchmark(facts(slug="others", name="Others"))
    first = publish_benchmark(facts())
    second = publish_benchmark(facts(rows=12))
    assert (first.version, second.version) == ("1", "2")
    assert first.digest != second.digest
    board = Board.objects.get(slug=COMMUNITY, current=True)
    shown = [column.recipe.benchmark_version for column in board.columns.all()]
    assert shown == [other, second]
    assert board.version == 3
    assert Board.objects.get(slug=COMMUNITY, version=2).columns.count() == 2


def test_the_same_version_twice_is_refused() -> None:
    publish_benchmark(facts())
    with pytest.raises(Refusal, match="this very version"):
        publish_benchmark(facts())


def test_a_benchmark_of_the_project_is_not_taken_over() -> None:
    make_benchmark_version("capitals")
    with pytest.raises(Refusal) as refused:
        publish_benchmark(facts())
    assert refused.value.code == "name_taken"


def test_data_that_is_not_here_is_the_workers_trouble(tmp_path: Path) -> None:
    version = publish_benchmark(facts())
    assert version.definition is not None
    with pytest.raises(HarnessFailure) as failed:
        declared_task(version.definition, "0" * 64, version.task, tmp_path)
    assert (failed.value.code, failed.value.retryable) == ("unavailable", True)


def test_a_definition_that_fits_no_longer_fails_the_run_by_name(tmp_path: Path) -> None:
    version = publish_benchmark(facts())
    assert version.definition is not None
    broken = version.definition | {"gold": "question"}
    with pytest.raises(HarnessFailure) as failed:
        declared_task(broken, version.data_sha256, version.task, tmp_path)
    assert failed.value.code == "bad_job"


@pytest.mark.django_db(transaction=True)
def test_it_is_measured_by_the_real_harness_when_somebody_asks(
    ann: User, tmp_path_factory: pytest.TempPathFactory
) -> None:
    version = publish_benchmark(facts())
    files: list[FileRow] = [
        {
            "path": path.name,
            "size": path.stat().st_size,
            "sha256": store.default().add_file(path),
        }
        for path in sorted(micro_model(tmp_path_factory).iterdir())
        if path.is_file()
    ]
    manifest = Manifest.of("0" * 40, files, parameters=1, dtype="float32")
    checkpoint = make_checkpoint(manifest=manifest)
    [run] = request_runs(actor=ann, checkpoint=checkpoint, recipes=version.recipes.all())
    claimed = claim_next(queue=run.queue, worker="here")
    assert claimed is not None
    evaluate(claimed)
    claimed.refresh_from_db()
    assert (claimed.state, claimed.failure_message) == ("published", "")
    score = Score.objects.get(recipe__benchmark_version=version)
    assert score.n == 8
    assert 0 <= score.value <= 1
