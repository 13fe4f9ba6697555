"""Strangers' files: read within bounds, and what they say of themselves is computed again."""

import io
from typing import Any

import pytest

from evaluations.uploads import files
from evaluations.uploads.consistency import Finding, check
from evaluations.uploads.files import Unreadable, read_results, read_samples, task_of
from tests.evaluations.lm_eval_files import results_file, samples_file, samples_lines

RIGHT_AND_WRONG = [1.0, 0.0, 1.0, 1.0]
COMMIT = "c" * 40


def findings(results: bytes, *sent: tuple[str, io.BytesIO]) -> list[Finding]:
    samples = {task_of(name): read_samples(task_of(name), file) for name, file in sent}
    return check(read_results(results), samples, commits=[COMMIT])


def codes(results: bytes, *sent: tuple[str, io.BytesIO]) -> set[str]:
    return {each.code for each in findings(results, *sent)}


@pytest.mark.parametrize("packed", [False, True])
def test_honest_files_leave_nothing_to_say(packed: bool) -> None:
    results = results_file(RIGHT_AND_WRONG, commit=COMMIT)
    assert codes(results, samples_file(RIGHT_AND_WRONG, packed=packed)) == set()


def test_every_number_of_a_leaf_is_read_and_groups_are_not_counted_twice() -> None:
    data = results_file(RIGHT_AND_WRONG, row={"acc_norm,none": 0.5, "acc_norm_stderr,none": "N/A"})
    text = data.decode().replace(
        '"results": {', '"groups": {"all": {}}, "results": {"all": {"acc,none": 0.9},'
    )
    found = {(each.task, each.metric): each for each in read_results(text.encode()).results}
    assert set(found) == {("sums", "acc"), ("sums", "acc_norm")}
    assert found["sums", "acc_norm"].stderr is None
    assert found["sums", "acc"].n == 4


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"nothing", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"result": 1}', "has no “results”"),
        (b'{"results": {}}', "holds no number"),
        (results_file([1.0, 0.0], row={"acc,none": float("nan")}), "not a finite number"),
        (results_file([1.0, 0.0], row={"acc,none": "1e999"}), "not a finite number"),
    ],
)
def test_what_is_no_results_file_is_refused_with_a_reason(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read_results(data)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("samples_sums_2026-11-23T10-00-00.1.jsonl", b"", "are empty"),
        ("samples_sums_2026-11-23T10-00-00.1.jsonl", b"{}\n", "no sample of lm_eval"),
        ("samples_sums_2026-11-23T10-00-00.1.jsonl.gz", b"\x1f\x8bdamaged", "damaged"),
        ("sums.jsonl", b"{}\n", "not called samples_"),
    ],
)
def test_what_are_no_samples_is_refused_with_a_reason(name: str, data: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read_samples(task_of(name), io.BytesIO(data))


def test_a_file_that_unpacks_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_SAMPLES", 1000)
    name, file = samples_file(RIGHT_AND_WRONG, packed=True)
    with pytest.raises(Unreadable, match="at most"):
        read_samples(task_of(name), file)


def test_a_task_may_have_underscores_and_digits() -> None:
    assert task_of("samples_mmlu_pro_2_2026-11-23T10-00-00.123456.jsonl") == "mmlu_pro_2"
    assert task_of("out/samples_arc_easy.jsonl.gz") == "arc_easy"


@pytest.mark.parametrize(
    ("results", "sent", "code"),
    [
        ({"row": {"acc,none": 0.9}}, {}, "belied"),
        ({"config": {"limit": 4}}, {}, "limited"),
        ({"config": {"model_sha": "d" * 40}}, {}, "other_commit"),
        ({"date": 9_999_999_999}, {}, "in_the_future"),
        ({"n-samples": {"sums": {"original": 5, "effective": 4}}}, {}, "partial"),
        ({"n-samples": {"sums": {"original": 5, "effective": 5}}}, {}, "wrong_count"),
        ({}, {"doc_id": 7}, "document_twice"),
    ],
)
def test_files_that_belie_themselves_are_refused(
    results: dict[str, Any], sent: dict[str, Any], code: str
) -> None:
    stated = results_file(RIGHT_AND_WRONG, **({"commit": COMMIT} | results))
    found = findings(stated, samples_file(RIGHT_AND_WRONG, **sent))
    assert [each.code for each in found if each.level == "error"] == [code]


@pytest.mark.parametrize(
    ("results", "sent", "code"),
    [
        ({"commit": ""}, {}, "weights_unproven"),
        ({"row": {"acc_stderr,none": 0.001}}, {}, "strange_error"),
        ({}, {"doc": {"id": 0, "question": "another"}}, "altered_documents"),
    ],
)
def test_what_is_odd_stays_beside_the_numbers(
    results: dict[str, Any], sent: dict[str, Any], code: str
) -> None:
    stated = results_file(RIGHT_AND_WRONG, **({"commit": COMMIT} | results))
    found = findings(stated, samples_file(RIGHT_AND_WRONG, **sent))
    assert [(each.level, each.code) for each in found] == [("warning", code)]


def test_a_number_without_samples_stands_by_itself() -> None:
    assert codes(results_file(RIGHT_AND_WRONG, commit=COMMIT)) == {"no_samples"}


def test_weighted_metrics_are_computed_again_too() -> None:
    pairs = [[-8.0, 4], [-2.0, 6]]
    config = {"metric_list": [{"metric": "bits_per_byte", "aggregation": "bits_per_byte"}]}

    def stated(value: float) -> bytes:
        row = {"bits_per_byte,none": value, "bits_per_byte_stderr,none": "N/A"}
        data = results_file([0.0, 0.0], commit=COMMIT, row=row, task_config=config)
        return data.replace(b'"acc,none": 0.0,', b"").replace(b'"acc_stderr,none": 0.0,', b"")

    lines = samples_lines([0, 0], metrics=["bits_per_byte"]).splitlines()
    sent = b"\n".join(
        line[:-1] + f', "bits_per_byte": {pair}}}'.encode()
        for line, pair in zip(lines, pairs, strict=True)
    )
    name = "samples_sums_2026-11-23T10-00-00.1.jsonl"
    assert codes(stated(1.4426950408889634), (name, io.BytesIO(sent))) == set()
    assert codes(stated(1.3), (name, io.BytesIO(sent))) == {"belied"}
