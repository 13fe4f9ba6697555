"""All of a report or none of it, once."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from pytest_django import Settings

from evaluations.actions import record
from evaluations.actions.cancel import cancel_run
from evaluations.actions.fail import LEASE_LOST, fail_run
from evaluations.actions.move import move_run
from evaluations.actions.record import record_run
from evaluations.actions.start import claim_next
from evaluations.answers.read import columns
from evaluations.durations import UNKNOWN_SIZE
from evaluations.harness.protocol import HarnessFailure, Measurement, Report
from evaluations.jobs import jobs_of
from evaluations.models import Board, Pace, Run, Samples, Score
from hub import store
from hub.models import User
from hub.state import IllegalMove
from tests.factories import make_benchmark_version, make_board, make_recipe, make_run
from tests.fast_harness import FastHarness
from tests.running import claimed_run, fast_recipe, stored_checkpoint

pytestmark = pytest.mark.django_db


def scoring_run(**fields: Any) -> Run:
    run = claimed_run(**fields)
    for state in ("preparing", "running", "scoring"):
        move_run(run, state)
    return run


def report_for(run: Run, folder: Path, **changes: Any) -> Report:
    checkpoint = folder / "checkpoint"
    store.default().lay_out(run.checkpoint.files, checkpoint)
    [each] = jobs_of(run, checkpoint)
    report = FastHarness(Path()).evaluate(
        each.job, folder, on_progress=lambda _: None, cancelled=lambda: False
    )
    first: Measurement = dataclasses.replace(report.measurements[0], **changes)
    return dataclasses.replace(report, measurements=(first, *report.measurements[1:]))


def test_what_each_recipe_took_is_kept_and_learnt_once_a_run(tmp_path: Path) -> None:
    first, second = fast_recipe(), fast_recipe()
    for number in range(2):
        run = scoring_run(recipes=[first, second], checkpoint=stored_checkpoint(f"no {number}"))
        folder = tmp_path / str(number)
        folder.mkdir()
        # The first says what it took; the other's part of the time in the model is its samples'.
        record_run(run, report_for(run, folder, seconds=7.0), timings={"running": 3.0})
        assert list(run.items.values_list("seconds", flat=True)) == [7.0, 1.5]
    told = Pace.objects.values_list("recipe", "hardware", "size_class", "n", "seconds")
    assert sorted(told) == [
        (first.pk, "fast", UNKNOWN_SIZE, 2, 14.0),
        (second.pk, "fast", UNKNOWN_SIZE, 2, 3.0),
    ]
    assert Pace.objects.get(recipe=first).seconds_squared == 98.0


def test_what_is_recorded_sets_off_what_waited_for_it(tmp_path: Path) -> None:
    run = scoring_run()
    waiting = make_run(after=run, turn=5.0)
    record_run(run, report_for(run, tmp_path), timings={})
    waiting.refresh_from_db()
    assert (waiting.state, waiting.after) == ("queued", None)


def test_scores_samples_versions_and_the_move_are_written_together(tmp_path: Path) -> None:
    run = scoring_run(recipes=[fast_recipe(), fast_recipe()])
    report = report_for(run, tmp_path)
    record_run(run, report, timings={"running": 1.5})
    run.refresh_from_db()
    assert (run.state, run.versions, run.timings) == ("published", {"fast": "1"}, {"running": 1.5})
    assert run.finished_at is not None
    assert Score.objects.count() == Samples.objects.count() == 2
    score = run.scores.get(recipe=run.recipes.earliest("pk"))
    assert score.value == report.measurements[0].value
    assert score.samples.outcomes == list(report.measurements[0].outcomes)
    kept = columns(score.samples.raw_sha256, ["outcome", "doc_hash"])
    assert kept["outcome"] == score.samples.outcomes
    assert kept["doc_hash"] == score.samples.doc_hashes
    assert run.events.latest("pk").to_state == "published"


def test_boards_of_the_recipes_become_stale_and_others_do_not(tmp_path: Path) -> None:
    run = scoring_run()
    ours, other = make_board(recipes=list(run.recipes.all())), make_board()
    record_run(run, report_for(run, tmp_path), timings={})
    assert Board.objects.get(pk=ours.pk).stale_since is not None
    assert Board.objects.get(pk=other.pk).stale_since is None


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"value": math.nan}, "not_finite", "nan"),
        ({"value": math.inf}, "not_finite", "inf"),
        ({"value": "0.5"}, "not_finite", "0.5"),
        ({"stderr": math.nan}, "not_finite", "nan"),
        ({"outcomes": (math.nan,) * 8}, "not_finite", "nan"),
        ({"value": 1.5}, "out_of_bounds", "1.5, outside 0 to 1"),
        ({"value": -0.1}, "out_of_bounds", "-0.1, outside 0 to 1"),
        ({"metric": "other"}, "bad_output", "acc was asked for"),
        ({"n": 0}, "bad_output", "do not match"),
        ({"outcomes": (1.0,)}, "bad_output", "do not match"),
        ({"recipe_digest": "0" * 64}, "bad_output", "each recipe"),
    ],
)
def test_what_is_no_number_inside_the_bounds_is_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], code: str, says: str
) -> None:
    version = make_benchmark_version("sums", harness="fast")
    run = scoring_run(recipes=[make_recipe(version, harness_version="1")])
    with pytest.raises(HarnessFailure) as failure:
        record_run(run, report_for(run, tmp_path, **changes), timings={})
    assert failure.value.code == code
    assert says in failure.value.message
    assert "Sums" in failure.value.message or code == "bad_output"
    assert not Score.objects.exists()
    assert Run.objects.get().state == "scoring"


def test_a_second_delivery_of_the_same_result_changes_nothing(tmp_path: Path) -> None:
    run = scoring_run()
    report = report_for(run, tmp_path)
    again = Run.objects.get(pk=run.pk)
    record_run(run, report, timings={})
    with pytest.raises(IllegalMove):
        record_run(again, report, timings={})
    assert Score.objects.count() == 1
    assert run.events.filter(to_state="published").count() == 1


def test_a_worker_whose_lease_was_taken_records_nothing(tmp_path: Path) -> None:
    old = scoring_run()
    report = report_for(old, tmp_path)
    fail_run(Run.objects.get(pk=old.pk), LEASE_LOST, wait=False)
    new = claim_next(queue="cpu", worker="other")
    assert new is not None
    for state in ("preparing", "running", "scoring"):
        move_run(new, state)
    with pytest.raises(IllegalMove):
        record_run(old, report, timings={})
    assert not Score.objects.exists()


def test_after_a_cancel_was_answered_nothing_is_published(tmp_path: Path, cleo: User) -> None:
    run = scoring_run()
    cancel_run(actor=cleo, run=run)
    with pytest.raises(IllegalMove):
        record_run(run, report_for(run, tmp_path), timings={})
    assert not Score.objects.exists()


def test_when_one_score_cannot_be_written_none_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scoring_run(recipes=[fast_recipe(), fast_recipe()])
    report = report_for(run, tmp_path)
    real, calls = record.write_score, []

    def second_fails(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise IntegrityError("as if another had been first")
        real(*args)

    monkeypatch.setattr(record, "write_score", second_fails)
    with pytest.raises(IntegrityError):
        record_run(run, report, timings={})
    assert not Score.objects.exists()
    assert Run.objects.get().state == run.state == "scoring"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("committed", [True, False])
def test_a_lost_answer_to_the_commit_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, *, committed: bool
) -> None:
    run = scoring_run()
    report = report_for(run, tmp_path)
    real, calls = record._write, []

    def cut_off(*args: Any) -> None:
        calls.append(args)
        state = run.state
        if committed or len(calls) > 1:
            real(*args)
        if len(calls) == 1:
            run.state = state
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(record, "_write", cut_off)
    record_run(run, report, timings={})
    assert len(calls) == (1 if committed else 2)
    assert Score.objects.count() == 1
    assert Run.objects.get().state == "published"
