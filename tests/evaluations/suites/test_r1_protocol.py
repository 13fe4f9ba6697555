"""The whole protocol with the real harness and a real model: its numbers are those of a count by hand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter

import pytest

from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import Job, Measurement, TaskSpec
from evaluations.statistics import clustered_error
from evaluations.suites.loader import FOLDER, load_suites
from tests.evaluations.harness.jobs import run, samples_of
from tests.toys import HARNESS_PYTHON, ROOT

ANSWERS, TOKENS = 4, 24
SUMS = [(a, b) for a in range(3) for b in range(3)]
BOX = re.compile(r"\\boxed\{(\d+)\}")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measurement, Measurement]:
    """pass@1 and cons@k of the shipped MATH-500 task, its data replaced by nine sums."""
    folder = tmp_path_factory.mktemp("r1")
    subprocess.run(
        [str(HARNESS_PYTHON), "-m", "tests.evaluations.suites.r1_model", str(folder / "model")],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    shutil.copy(FOLDER / "r1" / "scoring.py", folder)
    rows = [{"problem": f"What is {a} + {b}?", "answer": str(a + b)} for a, b in SUMS]
    (folder / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = (FOLDER / "r1" / "r1_math500.yaml").read_text()
    data = "dataset_path: json\ndataset_kwargs:\n  data_files:\n    test: sums.jsonl\n"
    file = folder / "r1_math500.yaml"
    file.write_text(task.replace("dataset_path: HuggingFaceH4/MATH-500\n", data))
    maths = load_suites().benchmark("math-500")
    specs = tuple(
        TaskSpec(
            recipe_digest=metric, task=maths.task, file=file, metric=metric, filter=maths.filter,
            apply_chat_template=maths.chat, system_prompt=maths.system_prompt,
            gen_args={**maths.gen_args, "max_gen_toks": TOKENS}, repeats=ANSWERS,
            lower=0.0, upper=1.0,
        )
        for metric in ("pass_at_1", "cons_at_k")
    )  # fmt: skip
    job = Job(checkpoint_path=folder / "model", tasks=specs)
    first, second = run(LmEvalHarness(HARNESS_PYTHON), job, folder / "work").measurements
    return first, second


def answers_of(measurement: Measurement) -> list[list[str | None]]:
    """What each answer to each question puts into its last box after the thought."""
    found = []
    for sample in samples_of(measurement):
        [texts] = sample["resps"]
        ended = [text.rpartition("</think>")[2] if "</think>" in text else "" for text in texts]
        found.append([(BOX.findall(text) or [None])[-1] for text in ended])
    return found


def test_the_numbers_are_those_of_a_count_by_hand(
    measured: tuple[Measurement, Measurement],
) -> None:
    first, second = measured
    answers = answers_of(first)
    assert [len(each) for each in answers] == [ANSWERS] * len(SUMS)
    right = [
        [answer is not None and int(answer) == a + b for answer in each]
        for each, (a, b) in zip(answers, SUMS, strict=True)
    ]
    every = [answer for each in answers for answer in each]
    share = sum(map(sum, right)) / (len(SUMS) * ANSWERS)
    missing = every.count(None) / len(every)
    # The model is neither perfect nor hopeless, and some answers have no box: else nothing is proved.
    assert 0 < share < 1
    assert 0 < missing < 1
    assert first.value == pytest.approx(share)
    assert first.also["no_answer,all"] == pytest.approx(missing)
    assert first.also["pass_at_4,all"] == pytest.approx(sum(map(any, right)) / len(SUMS))
    shares = []
    for each, (a, b) in zip(answers, SUMS, strict=True):
        votes = Counter(int(answer) for answer in each if answer is not None)
        most = [answer for answer, count in votes.items() if count == max(votes.values())]
        shares.append(float(a + b in most) / len(most) if most else 0.0)
    assert list(second.outcomes) == pytest.approx(shares)
    assert second.value == pytest.approx(sum(shares) / len(SUMS)) == first.also["cons_at_k,all"]


def test_the_error_is_over_questions_and_not_over_answers(
    measured: tuple[Measurement, Measurement],
) -> None:
    first, _ = measured
    right = [
        float(answer is not None and int(answer) == a + b)
        for each, (a, b) in zip(answers_of(first), SUMS, strict=True)
        for answer in each
    ]
    question = [number for number in range(len(SUMS)) for _ in range(ANSWERS)]
    assert first.n == len(SUMS)
    assert first.stderr == pytest.approx(clustered_error(right, question))


def test_no_system_prompt_is_sent_and_answers_that_were_cut_off_are_counted(
    measured: tuple[Measurement, Measurement],
) -> None:
    first, _ = measured
    samples = samples_of(first)
    for sample, (a, b) in zip(samples, SUMS, strict=True):
        prompt, settings = sample["arguments"][0]
        assert prompt.startswith(f"Question: What is {a} + {b}?\nPlease reason step by step")
        assert prompt.endswith("\nAnswer:")
        assert (settings["temperature"], settings["top_p"], settings["do_sample"]) == (
            0.6,
            0.95,
            True,
        )
    # A thought that never ends is cut off, and has no answer.
    endless = [text for sample in samples for text in sample["resps"][0] if "</think>" not in text]
    assert endless
    assert first.also["truncated,all"] == pytest.approx(len(endless) / (len(SUMS) * ANSWERS))
