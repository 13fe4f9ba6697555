"""A declared benchmark against a task file written by hand, on a real model in the real harness."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import Job, TaskSpec
from evaluations.suites.declared.definition import Definition
from evaluations.suites.declared.rendering import CLUSTER
from evaluations.suites.declared.task import (
    TASK_NAME,
    Unsound,
    generation_of,
    task_digest,
    write_task,
)
from tests.evaluations.harness.jobs import make_spec, run, samples_of
from tests.evaluations.suites.declared import examples
from tests.toys import HARNESS_PYTHON, micro_model


@pytest.fixture(scope="module")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return micro_model(tmp_path_factory)


def declared(definition: Definition, folder: Path, data: Path, dev: Path | None = None) -> TaskSpec:
    name = f"declared_{definition.form}"
    path, _ = write_task(definition, task=name, data=data, examples=dev, folder=folder / name)
    return TaskSpec(
        recipe_digest=name,
        task=name,
        file=path,
        metric=definition.metric,
        n_shot=definition.n_shot,
        gen_args=generation_of(definition),
        cluster_by=CLUSTER if definition.cluster_by else "",
    )


def test_scores_are_those_of_task_files_written_by_hand(micro: Path, tmp_path: Path) -> None:
    dev = examples.DEMO / "tributary_capitals.dev.jsonl"
    prose = tmp_path / "prose.jsonl"
    lines = (examples.DEMO / "tributary_prose.test.jsonl").read_text().splitlines()
    unique = {json.loads(line)["text"]: json.loads(line) for line in lines}
    examples.write(prose, list(unique.values()))
    by_hand = tmp_path / "tributary_prose.yaml"
    source = (examples.DEMO / by_hand.name).read_text()
    by_hand.write_text(source.replace("tributary_prose.test.jsonl", prose.name))
    tests = {
        name: examples.DEMO / f"tributary_{name}.test.jsonl" for name in ("capitals", "arithmetic")
    }
    specs = [
        declared(
            examples.choice(n_shot=2, cluster_by="question"), tmp_path, tests["capitals"], dev
        ),
        make_spec("tributary-capitals", n_shot=2),
        declared(examples.answer(ignore_case=True), tmp_path, tests["arithmetic"]),
        make_spec("tributary-arithmetic"),
        declared(examples.text(), tmp_path, prose),
        replace(make_spec("tributary-prose"), file=by_hand),
    ]
    job = Job(checkpoint_path=micro, tasks=tuple(specs))
    report = run(LmEvalHarness(HARNESS_PYTHON), job, tmp_path / "work")
    found = report.measurements
    for ours, theirs in zip(found[::2], found[1::2], strict=True):
        assert ours.value == theirs.value
        assert ours.outcomes == theirs.outcomes
        assert ours.n == theirs.n
        assert (ours.clusters, ours.stderr) == (theirs.clusters, theirs.stderr)
        ours_asked = [sample["arguments"] for sample in samples_of(ours)]
        theirs_asked = [sample["arguments"] for sample in samples_of(theirs)]
        if ours.metric != "exact_match":
            assert ours_asked == theirs_asked
        assert [each[0][0] for each in ours_asked] == [each[0][0] for each in theirs_asked]


def test_nothing_of_a_member_stands_in_the_task_file(tmp_path: Path) -> None:
    rows = examples.capitals(question="!function os.system {{ cycler }}")
    for number, row in enumerate(rows):
        row["question"] += f" {number}"
    data = examples.write(tmp_path / "data", rows)
    path, _ = write_task(
        examples.choice(), task="c_1", data=data, examples=None, folder=tmp_path / "task"
    )
    assert "os.system" not in path.read_text()
    assert "{{" not in path.read_text()
    assert "dev" not in path.read_text()
    assert sorted(each.name for each in path.parent.iterdir()) == [
        "c_1.yaml", "items.jsonl", "scoring.py"
    ]  # fmt: skip
    with pytest.raises(ValueError, match="no name"):
        write_task(examples.choice(), task="x: !y", data=data, examples=None, folder=tmp_path)
    assert TASK_NAME.fullmatch("a\n") is None


def test_data_that_does_not_fit_is_no_task(tmp_path: Path) -> None:
    data = examples.write(tmp_path / "data", examples.capitals(answer=7))
    with pytest.raises(Unsound, match="Row 1: Answer names none"):
        write_task(examples.choice(), task="c", data=data, examples=None, folder=tmp_path / "task")


def test_the_digest_covers_definition_data_examples_and_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = task_digest(examples.choice(), "a", "b")
    assert task_digest(examples.choice(), "a", "b") == first
    others = {
        task_digest(examples.choice(chance=0.5), "a", "b"),
        task_digest(examples.choice(), "b", "b"),
        task_digest(examples.choice(), "a", ""),
    }
    assert len(others | {first}) == 4
    monkeypatch.setattr("evaluations.suites.declared.task.CODE", ("scoring.py",))
    assert task_digest(examples.choice(), "a", "b") not in others | {first}
