"""What an attempt that was killed had answered is not asked again, and changes no answer."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import pytest

from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import HarnessFailure, Job, Report
from tests.evaluations.harness.jobs import make_job, make_spec, run, samples_of

SAMPLED = {"do_sample": True, "temperature": 1.0, "max_gen_toks": 8}


def mixed(checkpoint: Path, resume: Path | None, **changes: Any) -> Job:
    """Choices, greedy and sampled answers, and a rolling likelihood, in small batches."""
    if resume is not None:
        resume.mkdir(mode=0o700, exist_ok=True)
    specs = [
        make_spec("tributary-capitals", limit=24),
        make_spec("tributary-arithmetic", limit=20),
        make_spec(
            "tributary-arithmetic",
            recipe_digest="sampled",
            limit=20,
            gen_args=SAMPLED,
            repeats=2,
            seeds=(3, 4),
        ),
        make_spec("tributary-prose", limit=12),
    ]
    options: dict[str, Any] = {"batch_size": 4, "resume": resume, **changes}
    return make_job(checkpoint, *specs, **options)


def numbers(report: Report) -> list[Any]:
    return [
        (each.value, each.stderr, each.outcomes, each.task_hash, samples_of(each))
        for each in report.measurements
    ]


def kept(report: Report) -> int:
    told = [re.match(r"(\d+) answers were kept", warning) for warning in report.warnings]
    return sum(int(match[1]) for match in told if match)


@pytest.fixture(scope="module")
def undisturbed(
    harness: LmEvalHarness, micro: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Report, Path]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return run(harness, mixed(micro, folder / "resume"), folder / "work"), folder / "resume"


def test_remembering_changes_no_answer(
    harness: LmEvalHarness, micro: Path, tmp_path: Path, undisturbed: tuple[Report, Path]
) -> None:
    report, folder = undisturbed
    assert numbers(run(harness, mixed(micro, None), tmp_path)) == numbers(report)
    assert kept(report) == 0
    assert stat.S_IMODE((folder / "answers.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 1.0])
def test_wherever_an_attempt_was_cut_off_the_next_one_ends_the_same(
    harness: LmEvalHarness,
    micro: Path,
    tmp_path: Path,
    undisturbed: tuple[Report, Path],
    share: float,
) -> None:
    report, folder = undisturbed
    written = (folder / "answers.jsonl").read_bytes()
    job = mixed(micro, tmp_path / "resume")
    # Bytes, not lines: a process killed while it writes leaves half a line.
    (tmp_path / "resume" / "answers.jsonl").write_bytes(written[: int(len(written) * share)])
    resumed = run(harness, job, tmp_path / "work")
    assert numbers(resumed) == numbers(report)
    whole = 24 * 4 + 20 + 2 * 2 * 20 + 12
    assert 0 <= kept(resumed) <= whole
    assert kept(resumed) >= int(whole * share * 0.5)
    if share == 1:
        assert kept(resumed) == whole
    assert (tmp_path / "resume" / "answers.jsonl").read_bytes().count(b"\n") >= 40


def test_an_attempt_that_is_killed_leaves_what_it_had_answered(
    harness: LmEvalHarness, micro: Path, tmp_path: Path, undisturbed: tuple[Report, Path]
) -> None:
    answers = tmp_path / "resume" / "answers.jsonl"
    job = mixed(micro, tmp_path / "resume")
    with pytest.raises(HarnessFailure) as caught:
        harness.evaluate(
            job,
            tmp_path / "work",
            on_progress=lambda _: None,
            cancelled=lambda: answers.exists() and answers.stat().st_size > 0,
        )
    assert caught.value.code == "cancelled"
    again = run(harness, job, tmp_path / "again")
    assert kept(again) > 0
    assert numbers(again) == numbers(undisturbed[0])


@pytest.mark.parametrize("change", [{"batch_size": 5}, {"dtype": "bfloat16"}])
def test_answers_of_other_settings_are_not_taken_for_these(
    harness: LmEvalHarness,
    micro: Path,
    tmp_path: Path,
    undisturbed: tuple[Report, Path],
    change: dict[str, Any],
) -> None:
    written = (undisturbed[1] / "answers.jsonl").read_bytes()
    (tmp_path / "resume").mkdir()
    (tmp_path / "resume" / "answers.jsonl").write_bytes(written)
    spec = make_spec("tributary-capitals", limit=24)
    options: dict[str, Any] = {"batch_size": 4, "resume": tmp_path / "resume", **change}
    report = run(harness, make_job(micro, spec, **options), tmp_path / "work")
    assert kept(report) == 0


def test_a_recipe_says_how_long_it_took(undisturbed: tuple[Report, Path]) -> None:
    seconds = [each.seconds for each in undisturbed[0].measurements]
    assert all(each is not None and each > 0 for each in seconds)
    assert sum(each or 0 for each in seconds) <= undisturbed[0].timings["run"]
