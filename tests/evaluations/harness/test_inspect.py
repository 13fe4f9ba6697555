"""The second harness through the same seam: it agrees with the first, and fails in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluations.harness.inspect import InspectHarness
from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import Job, Progress, TaskSpec
from evaluations.harness.registry import get_harness
from tests.evaluations.harness.jobs import failure_of, make_job, make_spec, run, samples_of
from tests.toys import HARNESS_PYTHON

QUESTIONS = 24


@pytest.fixture(scope="session")
def inspect() -> InspectHarness:
    harness = get_harness("inspect", HARNESS_PYTHON)
    assert isinstance(harness, InspectHarness)
    return harness


def dialogue(**changes: Any) -> TaskSpec:
    return make_spec(
        "tributary-dialogue", **({"limit": QUESTIONS, "apply_chat_template": True} | changes)
    )


def job(checkpoint: Path, **changes: Any) -> Job:
    return make_job(checkpoint, dialogue(**changes), batch_size=QUESTIONS)


def test_two_harnesses_give_the_same_answers_to_the_same_questions(
    inspect: InspectHarness, harness: LmEvalHarness, micro: Path, tmp_path: Path
) -> None:
    """The model's chat template writes the very prompt that the other harness's task file writes."""
    steps: list[Progress] = []
    report = inspect.evaluate(
        job(micro), tmp_path / "inspect", on_progress=steps.append, cancelled=lambda: False
    )
    [ours] = report.measurements
    spec = make_spec("tributary-arithmetic", limit=QUESTIONS)
    [theirs] = run(harness, make_job(micro, spec), tmp_path / "lm_eval").measurements

    assert ours.outcomes == theirs.outcomes
    assert ours.value == theirs.value
    assert ours.stderr == pytest.approx(theirs.stderr)
    # Inspect was not told to stop at the end of the line.
    pairs = zip(samples_of(ours), samples_of(theirs), strict=True)
    assert all(mine["resps"][0][0].startswith(their["resps"][0][0]) for mine, their in pairs)
    assert report.versions["inspect_ai"] == inspect.versions()["inspect"]
    assert (steps[-1].stage, ours.n, ours.n_total) == ("write", QUESTIONS, 400)
    assert QUESTIONS in {step.done for step in steps}


def test_repeats_are_averaged_over_a_question(
    inspect: InspectHarness, micro: Path, tmp_path: Path
) -> None:
    sampled = {"do_sample": True, "temperature": 1.0}
    report = run(inspect, job(micro, repeats=2, gen_args=sampled, limit=8), tmp_path / "repeats")
    [measured] = report.measurements
    lines = samples_of(measured)
    assert [len(line["resps"][0]) for line in lines] == [2] * 8
    right = [
        sum(answer == line["target"] for answer in line["filtered_resps"]) / 2 for line in lines
    ]
    assert list(measured.outcomes) == right
    assert measured.value == pytest.approx(sum(right) / 8)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"n_shot": 3}, "takes no examples"),
        ({"gen_args": {"num_beams": 4}}, "num_beams"),
        ({"filter": "choice"}, "Inspect reports no accuracy of choice"),
    ],
)
def test_what_it_cannot_do_it_says(
    inspect: InspectHarness, micro: Path, tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    failure = failure_of(inspect, job(micro, limit=1, **changes), tmp_path)
    assert (failure.code, failure.whose) == ("bad_job", "hub")
    assert says in failure.message
