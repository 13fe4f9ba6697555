"""Kept answers judged again in place of a model, held against the model's own evaluation."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from evaluations.answers.convert import write_parquet
from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import Job, Measurement, Report, TaskSpec
from evaluations.suites.loader import load_suites
from tests.evaluations.harness.jobs import failure_of, make_job, make_spec, run, samples_of

SAMPLED = {"do_sample": True, "temperature": 1.0, "max_gen_toks": 8}
SPECS = {
    "capitals": make_spec("tributary-capitals", limit=24),
    "arithmetic": make_spec("tributary-arithmetic", limit=40),
    "prose": make_spec("tributary-prose", limit=12),
    "sampled": make_spec(
        "tributary-arithmetic",
        recipe_digest="sampled",
        limit=20,
        gen_args=SAMPLED,
        repeats=2,
        seeds=(3, 4),
    ),
    "chat": make_spec(
        "tributary-arithmetic",
        recipe_digest="chat",
        limit=10,
        apply_chat_template=True,
        system_prompt="Be brief.",
    ),
}


def numbers(each: Measurement) -> list[Any]:
    said = samples_of(each)
    return [each.value, each.stderr, each.stderr_kind, each.outcomes, each.doc_hashes, said]


def stored_job(folder: Path, spec: TaskSpec, answers: Path, tokenizer: Path) -> Job:
    checkpoint = folder / "answers"
    checkpoint.mkdir()
    shutil.copy(answers, checkpoint / "answers.parquet")
    for path in tokenizer.iterdir() if spec.apply_chat_template else ():
        if path.suffix != ".safetensors":
            shutil.copy(path, checkpoint)
    return make_job(checkpoint, spec, backend="stored")


def keep(each: Measurement, path: Path) -> Path:
    write_parquet(
        [each.samples_path, *each.more_samples],
        path,
        metric=each.metric,
        filter_name=each.filter,
        doc_hashes=each.doc_hashes,
        outcomes=each.outcomes,
    )
    return path


@pytest.fixture(scope="module")
def measured(
    harness: LmEvalHarness, micro: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Report, dict[str, Path]]:
    """What the model scores, and its answers as they are kept, by the names of SPECS."""
    folder = tmp_path_factory.mktemp("measured")
    report = run(harness, make_job(micro, *SPECS.values()), folder / "work")
    kept = {
        name: keep(each, folder / f"{name}.parquet")
        for name, each in zip(SPECS, report.measurements, strict=True)
    }
    return report, kept


def other_task(folder: Path, change: Callable[[str], str]) -> Path:
    """A copy of the arithmetic task with its data beside it and its file changed."""
    file = load_suites().benchmark("tributary-arithmetic").file
    assert file is not None
    copy = Path(shutil.copytree(file.parent, folder / "task")) / file.name
    text = copy.read_text()
    changed = change(text)
    assert changed != text
    copy.write_text(changed)
    copy.with_name("judge.py").write_text(JUDGE)
    return copy


def with_own_judge(text: str) -> str:
    """A scorer in code that finds other answers right than the stock one does."""
    taken = text.replace(r'"^\\s*(-?\\d+)"', '"(?s)(.*)"')
    return taken + "process_results: !function judge.judge\n"


JUDGE = """
def judge(doc, results):
    return {"exact_match": float(len(set(results[0])) % 2)}
"""


@pytest.mark.parametrize("name", SPECS)
def test_an_unchanged_scorer_finds_what_the_model_scored(
    harness: LmEvalHarness,
    micro: Path,
    measured: tuple[Report, dict[str, Path]],
    tmp_path: Path,
    name: str,
) -> None:
    report, kept = measured
    was = dict(zip(SPECS, report.measurements, strict=True))[name]
    job = stored_job(tmp_path, SPECS[name], kept[name], micro)
    [again] = run(harness, job, tmp_path / "work").measurements
    assert numbers(again) == numbers(was)


@pytest.mark.parametrize("name", ["arithmetic", "sampled"])
def test_a_changed_scorer_finds_what_the_model_would_have_scored(
    harness: LmEvalHarness,
    micro: Path,
    measured: tuple[Report, dict[str, Path]],
    tmp_path: Path,
    name: str,
) -> None:
    report, kept = measured
    spec = replace(SPECS[name], file=other_task(tmp_path, with_own_judge))
    [expected] = run(harness, make_job(micro, spec), tmp_path / "model").measurements
    job = stored_job(tmp_path, spec, kept[name], micro)
    [again] = run(harness, job, tmp_path / "work").measurements
    assert numbers(again) == numbers(expected)
    was = dict(zip(SPECS, report.measurements, strict=True))[name]
    assert again.outcomes != was.outcomes


OTHERS: dict[str, tuple[Callable[[str], str], str]] = {
    "prompt": (lambda text: text.replace("Question: {{", "Q: {{"), "in other words"),
    "examples": (lambda text: text + "num_fewshot: 1\n", "in other words"),
    "stop": (lambda text: text.replace('"</s>"', '":"'), "to end elsewhere"),
    "length": (lambda text: text.replace("max_gen_toks: 6", "max_gen_toks: 7"), "other settings"),
    "form": (
        lambda text: (
            text.replace("generate_until", "loglikelihood").split("filter_list")[0]
            + "metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]\n"
        ),
        "in another form",
    ),
    "repeats": (lambda text: text + "repeats: 3\n", "another number of times"),
}


@pytest.mark.parametrize("change", OTHERS)
def test_another_protocol_is_refused(
    harness: LmEvalHarness,
    micro: Path,
    measured: tuple[Report, dict[str, Path]],
    tmp_path: Path,
    change: str,
) -> None:
    make, message = OTHERS[change]
    values: dict[str, Any] = {"file": other_task(tmp_path, make), "n_shot": None}
    if change == "form":
        values |= {"metric": "acc", "filter": "none"}
    spec = replace(SPECS["arithmetic"], **values)
    job = stored_job(tmp_path, spec, measured[1]["arithmetic"], micro)
    failure = failure_of(harness, job, tmp_path / "work")
    assert failure.code == "bad_job"
    assert message in failure.message


def test_answers_that_were_cut_are_not_judged(
    harness: LmEvalHarness, micro: Path, measured: tuple[Report, dict[str, Path]], tmp_path: Path
) -> None:
    table = pyarrow.parquet.read_table(measured[1]["arithmetic"])
    whole = [number != 7 for number in range(table.num_rows)]
    cut = table.set_column(table.column_names.index("whole"), "whole", [whole])
    pyarrow.parquet.write_table(cut, tmp_path / "cut.parquet")
    job = stored_job(tmp_path, SPECS["arithmetic"], tmp_path / "cut.parquet", micro)
    failure = failure_of(harness, job, tmp_path / "work")
    assert "Document 7 of tributary_arithmetic was cut" in failure.message


def test_documents_that_nobody_asked_are_refused(
    harness: LmEvalHarness, micro: Path, measured: tuple[Report, dict[str, Path]], tmp_path: Path
) -> None:
    spec = replace(SPECS["capitals"], limit=30)
    job = stored_job(tmp_path, spec, measured[1]["capitals"], micro)
    assert "never asked" in failure_of(harness, job, tmp_path / "work").message
