"""Answers of an attempt that was cut off are kept until their run is over, wherever that happens."""

import pytest
from django.conf import settings

from evaluations.actions.evaluate import evaluate
from evaluations.actions.fail import LEASE_LOST, fail_run
from evaluations.actions.start import claim_next
from evaluations.harness.protocol import HarnessFailure, Job, Report
from evaluations.jobs import jobs_of
from evaluations.models import Run
from evaluations.resuming import forget_ended_runs, resume_folder
from tests.fast_harness import FastHarness
from tests.running import claimed_run, fast_recipe, stored_checkpoint

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each attempt found the mark that the one before it left; the first of them dies."""
    found: list[bool] = []
    real = FastHarness.evaluate

    def attempt(self: FastHarness, job: Job, *args: object, **options: object) -> Report:
        assert job.resume is not None
        mark = job.resume / "answers.jsonl"
        found.append(mark.exists())
        if not mark.exists():
            mark.touch()
            raise HarnessFailure("harness_crashed", "The first attempt dies.")
        return real(self, job, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(FastHarness, "evaluate", attempt)
    return found


def kept() -> list[str]:
    folder = settings.STATE_DIR / "resume"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_the_next_attempt_finds_what_the_last_one_left_and_the_end_removes_it(
    resumed: list[bool],
) -> None:
    run = claimed_run()
    evaluate(run)
    assert kept() == [str(run.pk)]
    Run.objects.filter(pk=run.pk).update(not_before=None)
    again = claim_next(queue="cpu", worker="test")
    assert again == run
    evaluate(again)
    assert resumed == [False, True]
    again.refresh_from_db()
    assert again.state == "published"
    assert kept() == []


def test_what_a_run_left_that_ended_elsewhere_goes_and_what_still_waits_stays() -> None:
    ended, waits = claimed_run(), claimed_run(checkpoint=stored_checkpoint("two"))
    for run in (ended, waits):
        resume_folder(run, "hf").mkdir(parents=True)
    Run.objects.filter(pk=ended.pk).update(state="cancelled")
    fail_run(waits, LEASE_LOST)
    forget_ended_runs()
    assert kept() == [str(waits.pk)]


def test_answers_are_kept_by_run_and_by_how_the_model_is_loaded() -> None:
    run = claimed_run(recipes=[fast_recipe(), fast_recipe(dtype="bfloat16")])
    folders = {each.job.resume for each in jobs_of(run, settings.STATE_DIR / "checkpoint")}
    assert len(folders) == 2
    other = claimed_run(checkpoint=stored_checkpoint("two"), recipes=[fast_recipe()])
    folders |= {each.job.resume for each in jobs_of(other, settings.STATE_DIR / "checkpoint")}
    assert len(folders) == 3
