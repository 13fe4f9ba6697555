"""The batch size is tried on a real model: a greedy answer stays, a sampled one does not."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from evaluations.actions.measure_sensitivity import measure_sensitivity
from evaluations.actions.seed import seed_suites
from evaluations.models import Recipe, Run, Score
from hub import store
from hub.models import Checkpoint
from hub.refusal import Refusal
from tests.factories import make_recipe
from tests.running import checkpoint_of, fast_recipe, stored_checkpoint
from tests.toys import HARNESS_PYTHON, micro_model

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def checkpoint(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Checkpoint:
    """A real model that is in the store already."""
    settings.HARNESS_PYTHON = HARNESS_PYTHON
    folder = micro_model(tmp_path_factory)
    found = checkpoint_of(folder, "headwaters/micro")
    for row in found.files:
        store.default().add_file(folder / row["path"])
    return found


def arithmetic(**fields: object) -> Recipe:
    seed_suites()
    seeded = Recipe.objects.get(
        benchmark_version__benchmark__slug="tributary-arithmetic", limit=None
    )
    return make_recipe(
        seeded.benchmark_version, harness_version=seeded.harness_version, limit=40, **fields
    )


def test_sampled_answers_depend_on_the_batch_and_nothing_else_is_written(
    checkpoint: Checkpoint, client: Client, api: APIClient, settings: Settings
) -> None:
    sampled = {"do_sample": True, "temperature": 1.5, "max_gen_toks": 4}
    recipe = arithmetic(generation=sampled)
    told = measure_sensitivity(recipe=recipe, checkpoint=checkpoint, batch_sizes=[5])
    rows = told["batch_size"]
    assert list(rows) == ["5", "16"]
    assert (rows["16"]["changed"], rows["16"]["n"]) == (0, 40)
    recipe.refresh_from_db()
    assert recipe.sensitivity == told
    assert recipe.digest == recipe.compute_digest()
    assert Score.objects.count() == Run.objects.count() == 0
    assert not list(Path(settings.STATE_DIR, "sensitivity").iterdir())
    page = client.get(recipe.get_absolute_url()).content.decode()
    assert "What the batch size does" in page
    assert "headwaters/micro" in page
    assert api.get(f"/api/v1/recipes/{recipe.digest}/").json()["sensitivity"] == told


def test_the_command_tells_what_it_found(
    checkpoint: Checkpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = arithmetic()
    named = ["--checkpoint", checkpoint.digest[:12], "--batch-sizes", "4"]
    call_command("measure_sensitivity", recipe.digest[:12], *named)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["batch 4", "batch 16"]
    # Greedy answers in single precision do not depend on their neighbours.
    assert all(line.endswith("0 of 40 samples changed") for line in lines)


def test_what_is_not_there_or_not_installed_is_said() -> None:
    checkpoint = stored_checkpoint("one")
    with pytest.raises(CommandError, match="Not one recipe"):
        call_command("measure_sensitivity", "ffff")
    recipe = fast_recipe()
    with pytest.raises(CommandError, match="no such checkpoint"):
        call_command("measure_sensitivity", recipe.digest)
    other = make_recipe(recipe.benchmark_version, harness_version="2")
    with pytest.raises(Refusal, match="here is 1"):
        measure_sensitivity(recipe=other, checkpoint=checkpoint)
