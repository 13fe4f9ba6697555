"""Real evaluations of a real model."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import pytest

from evaluations import statistics
from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import STAGES, Progress, Report
from tests.evaluations.harness.jobs import DEMO, make_job, make_spec, run, samples_of
from tests.toys import HARNESS_PYTHON, copy_of

SENTINEL = "raise SystemExit('code of a repository was imported')"


@pytest.fixture(scope="module")
def measured(
    harness: LmEvalHarness, micro: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Report, list[Progress]]:
    seen: list[Progress] = []
    workdir = tmp_path_factory.mktemp("measured")
    report = harness.evaluate(
        make_job(micro), workdir, on_progress=seen.append, cancelled=lambda: False
    )
    return report, seen


def test_three_tasks_give_finite_scores_and_an_outcome_for_each_document(
    measured: tuple[Report, list[Progress]],
) -> None:
    report, _ = measured
    assert [item.recipe_digest for item in report.measurements] == list(DEMO)
    assert [item.n for item in report.measurements] == [200, 400, 150]
    for item in report.measurements:
        assert math.isfinite(item.value)
        assert item.stderr is not None
        assert item.stderr >= 0
        assert len(item.outcomes) == len(item.doc_hashes) == item.n == item.n_total
        assert len(set(item.doc_hashes)) == item.n
        assert len(samples_of(item)) == item.n


def test_a_value_is_the_mean_of_its_outcomes(measured: tuple[Report, list[Progress]]) -> None:
    capitals, arithmetic, prose = measured[0].measurements
    for plain in (capitals, arithmetic):
        assert plain.weights is None
        assert plain.value == pytest.approx(math.fsum(plain.outcomes) / plain.n)
    assert prose.weights is not None
    weighted = math.fsum(w * x for w, x in zip(prose.weights, prose.outcomes, strict=True))
    assert prose.value == pytest.approx(weighted / math.fsum(prose.weights))
    assert [item.higher_is_better for item in (capitals, arithmetic, prose)] == [True, True, False]


def test_questions_that_are_asked_twice_are_clustered_and_all_else_is_told_beside(
    measured: tuple[Report, list[Progress]],
) -> None:
    capitals, arithmetic, _ = measured[0].measurements
    assert capitals.clusters is not None
    asked = [sample["doc"]["question"] for sample in samples_of(capitals)]
    same = dict(zip(asked, capitals.clusters, strict=True))
    assert len(set(capitals.clusters)) == len(same) == 80
    assert [same[question] for question in asked] == list(capitals.clusters)
    expected = statistics.clustered_error(capitals.outcomes, asked)
    assert capitals.stderr == pytest.approx(expected)
    assert capitals.stderr_kind == "clustered"
    assert arithmetic.clusters is None
    assert capitals.also == {}
    # Twenty training steps do not teach when to stop.
    cut = arithmetic.also["truncated,strict"]
    [allowed] = {sample["arguments"][0][1]["max_gen_toks"] for sample in samples_of(arithmetic)}
    assert allowed == 6
    assert 0 < cut <= 1


def test_a_report_says_with_what_and_on_what_it_was_made(
    measured: tuple[Report, list[Progress]], harness: LmEvalHarness
) -> None:
    report, _ = measured
    assert set(report.versions) >= {"lm_eval", "torch", "transformers", "tokenizers", "python"}
    assert report.versions.items() >= harness.versions().items()
    assert report.hardware["cores"] > 0
    assert report.hardware["max_rss_bytes"] > 100 << 20
    assert set(report.timings) >= {"import", "load_model", "load_tasks", "run", "wall"}


def test_progress_passes_every_stage_and_counts_requests(
    measured: tuple[Report, list[Progress]],
) -> None:
    seen = measured[1]
    assert tuple(dict.fromkeys(item.stage for item in seen)) == STAGES
    counted = [item for item in seen if "loglikelihood" in item.phase and item.total >= 800]
    assert counted[-1].done == counted[-1].total


def test_nothing_a_repository_adds_changes_an_answer(
    measured: tuple[Report, list[Progress]], harness: LmEvalHarness, micro: Path, tmp_path: Path
) -> None:
    """The second run of the same weights: equal to the last digit, beside hostile files."""
    folder = copy_of(micro, tmp_path / "checkpoint")
    hostile = {"repetition_penalty": 3.0, "do_sample": True, "temperature": 2.0, "min_length": 5}
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 2, **hostile}))
    for name in ("tqdm.py", "json.py", "sitecustomize.py"):
        (folder / name).write_text(SENTINEL)
    again = run(harness, make_job(folder), tmp_path / "work")
    for first, second in zip(measured[0].measurements, again.measurements, strict=True):
        assert second.outcomes == first.outcomes
        assert second.task_hash == first.task_hash
        assert samples_of(second) == samples_of(first)
    assert any("repetition_penalty" in warning for warning in again.warnings)


def test_recipes_of_one_job_differ_in_what_they_say_and_share_the_model(
    harness: LmEvalHarness, micro: Path, tmp_path: Path
) -> None:
    plain = make_spec("tributary-arithmetic", recipe_digest="plain", limit=6)
    specs = [
        plain,
        make_spec("tributary-arithmetic", recipe_digest="two examples", limit=6, n_shot=2),
        make_spec("tributary-arithmetic", recipe_digest="longer", limit=6, gen_args={"until": []}),
        make_spec(
            "tributary-arithmetic",
            recipe_digest="chat",
            limit=6,
            apply_chat_template=True,
            system_prompt="Be brief.",
        ),
        make_spec("tributary-capitals", recipe_digest="two seeds", limit=6, seeds=(1, 2)),
        make_spec("tributary-capitals", recipe_digest="all of it"),
    ]
    stages: list[Progress] = []
    report = harness.evaluate(
        make_job(micro, *specs), tmp_path, on_progress=stages.append, cancelled=lambda: False
    )
    assert [item.stage for item in stages if not item.phase].count("load_model") == 1
    by_recipe = {item.recipe_digest: item for item in report.measurements}
    assert by_recipe["plain"].n == 6
    assert by_recipe["plain"].n_total == 400
    prompts = {
        name: samples_of(by_recipe[name])[0]["arguments"][0][0]
        for name in ("plain", "two examples", "chat")
    }
    assert prompts["two examples"].count("Question:") == 3
    assert prompts["chat"].startswith("Be brief.\n")
    assert prompts["plain"] in prompts["two examples"]
    assert by_recipe["two seeds"].n == 6
    assert by_recipe["two seeds"].outcomes == by_recipe["all of it"].outcomes[:6]


def test_the_same_job_again_gives_every_answer_to_the_letter(
    harness: LmEvalHarness, micro: Path, tmp_path: Path
) -> None:
    """On a CPU, greedy answers and drawn ones, in two processes that know nothing of each other."""
    drawn = {"do_sample": True, "temperature": 1.0, "max_gen_toks": 6}
    specs = [
        make_spec("tributary-arithmetic", recipe_digest="greedy", limit=24),
        make_spec(
            "tributary-arithmetic", recipe_digest="drawn", limit=24, gen_args=drawn, repeats=2
        ),
        make_spec("tributary-capitals", recipe_digest="likelihoods", limit=24),
    ]
    job = make_job(micro, *specs)
    both = [run(harness, job, tmp_path / name).measurements for name in ("one", "two")]
    for one, two in zip(*both, strict=True):
        assert samples_of(one) == samples_of(two)
        assert (one.value, one.outcomes, one.also) == (two.value, two.outcomes, two.also)
    answers = [text for sample in samples_of(both[0][1]) for text in sample["resps"][0]]
    # Drawn indeed: two answers to one question differ somewhere.
    assert any(first != second for first, second in zip(answers[::2], answers[1::2], strict=True))


def test_the_stock_command_line_finds_the_same_numbers(
    measured: tuple[Report, list[Progress]], micro: Path, tmp_path: Path
) -> None:
    report, _ = measured
    folder = tmp_path / "tasks"
    folder.mkdir()
    for slug in DEMO:
        # The stock tool reads data relative to where it is started.
        file = make_spec(slug).file
        assert file is not None
        text = file.read_text().replace(": tributary_", f": {file.parent}/tributary_")
        text = text.replace(f"task: {file.parent}/", "task: ")
        (folder / file.name).write_text(text)
    command = [str(HARNESS_PYTHON), "-m", "lm_eval", "run", "--model", "hf"]
    command += ["--model_args", f"pretrained={micro},dtype=float32", "--device", "cpu"]
    command += ["--include_path", str(folder), "--batch_size", "16", "--log_samples"]
    command += ["--output_path", str(tmp_path / "out"), "--tasks"]
    command += [item.task for item in report.measurements]
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, env=offline, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    (path,) = (tmp_path / "out").rglob("results_*.json")
    stock = json.loads(path.read_text())
    for item in report.measurements:
        assert stock["results"][item.task][f"{item.metric},{item.filter}"] == item.value
        assert stock["task_hashes"][item.task] == item.task_hash
