"""From a run's recipes to jobs: what shares a child, and what may run at all."""

from pathlib import Path

import pytest
from pytest_django import Settings

from evaluations.harness.protocol import HarnessFailure
from evaluations.jobs import jobs_of
from evaluations.models import Run
from tests.factories import make_benchmark_version, make_recipe, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    """Two recipes that would share a model load, if one of them did not run a model's code."""
    programs = make_benchmark_version("programs", needs=["code_sandbox"])
    return make_run(recipes=[make_recipe(), make_recipe(programs)])


def test_code_that_a_model_writes_shares_a_child_with_no_other_task(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    settings.WORKER_CAPABILITIES = ["network", "code_sandbox"]
    jobs = [each.job for each in jobs_of(run, tmp_path)]
    assert [(job.unsafe_code, len(job.tasks)) for job in jobs] in (
        [(False, 1), (True, 1)],
        [(True, 1), (False, 1)],
    )


def test_a_worker_that_declares_no_place_for_it_refuses_it(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    settings.WORKER_CAPABILITIES = ["network"]
    with pytest.raises(HarnessFailure, match="code_sandbox") as refused:
        jobs_of(run, tmp_path)
    assert (refused.value.code, refused.value.retryable) == ("unavailable", True)
