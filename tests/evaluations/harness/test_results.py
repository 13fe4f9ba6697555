"""What the parser believes, and what it refuses."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from evaluations.harness.lm_eval.results import read_results
from evaluations.harness.protocol import HarnessFailure, Job, Measurement, TaskSpec


def make_entry(**changes: Any) -> dict[str, Any]:
    entry = {
        "recipe_digest": "r",
        "seed": 1234,
        "value": 0.5,
        "stderr": 0.25,
        "outcomes": [0.0, 1.0, 1.0, 0.0],
        "doc_hashes": ["a", "b", "c", "d"],
        "n_total": 4,
        "task_hash": "t",
        "task_version": "1.0",
        "higher_is_better": True,
        "samples": "000.jsonl.gz",
    }
    return entry | changes


def parse(folder: Path, *entries: dict[str, Any], text: str = "", **task: Any) -> Measurement:
    (folder / "samples").mkdir(exist_ok=True)
    (folder / "samples" / "000.jsonl.gz").touch()
    answer = {"format": 1, "versions": {}, "hardware": {}, "timings": {}, "max_rss_bytes": 1}
    path = folder / "results.json"
    path.write_text(text or json.dumps(answer | {"measurements": entries}))
    spec = TaskSpec(**({"recipe_digest": "r", "task": "t", "metric": "acc"} | task))
    return read_results(path, Job(checkpoint_path=folder, tasks=(spec,)), warnings=()).measurements[
        0
    ]


def test_a_plain_result_is_read_as_it_stands(tmp_path: Path) -> None:
    item = parse(tmp_path, make_entry())
    assert (item.value, item.stderr, item.n, item.n_total) == (0.5, 0.25, 4, 4)
    assert item.outcomes == (0.0, 1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"value": math.nan}, "not_finite"),
        ({"value": math.inf}, "not_finite"),
        ({"stderr": math.nan}, "not_finite"),
        ({"outcomes": [0.0, math.nan, 1.0, 1.0]}, "not_finite"),
        ({"value": "0.5"}, "bad_output"),
        ({"value": None}, "bad_output"),
        ({"value": [0.5]}, "bad_output"),
        ({"recipe_digest": "another"}, "bad_output"),
        ({"outcomes": [0.0]}, "bad_output"),
        ({"outcomes": "0110"}, "bad_output"),
        ({"doc_hashes": [1, 2, 3, 4]}, "bad_output"),
        ({"samples": "../../../etc/passwd"}, "bad_output"),
        ({"samples": "001.jsonl.gz"}, "bad_output"),
        ({"value": 1.5}, "out_of_bounds"),
    ],
)
def test_what_is_not_a_proper_number_is_refused(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(HarnessFailure) as caught:
        parse(tmp_path, make_entry(**changes), upper=1.0)
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2}', "[" * 100_000, "1e999"])
def test_a_file_that_is_no_result_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(HarnessFailure) as caught:
        parse(tmp_path, text=text or " ")
    assert caught.value.code == "bad_output"


def test_a_weighted_mean_must_agree_with_its_outcomes(tmp_path: Path) -> None:
    pairs = {"outcomes": [[-2.0, 1.0], [-6.0, 3.0]], "doc_hashes": ["a", "b"], "stderr": "N/A"}
    item = parse(tmp_path, make_entry(value=2 / math.log(2), **pairs), metric="bits_per_byte")
    assert item.weights == (1.0, 3.0)
    assert item.stderr == pytest.approx(0)
    with pytest.raises(HarnessFailure, match="its outcomes give"):
        parse(tmp_path, make_entry(value=2.0, **pairs), metric="bits_per_byte")


def test_seeds_are_averaged_item_by_item(tmp_path: Path) -> None:
    second = make_entry(value=1.0, outcomes=[1.0, 1.0, 1.0, 1.0])
    item = parse(tmp_path, make_entry(), second, seeds=(1, 2))
    assert item.value == 0.75
    assert item.outcomes == (0.5, 1.0, 1.0, 0.5)
    assert item.stderr == pytest.approx(math.sqrt(0.25 / 12))


def test_a_metric_of_the_whole_corpus_has_no_outcomes(tmp_path: Path) -> None:
    item = parse(tmp_path, make_entry(outcomes=[[0, 1], [1, 1], [1, 0], [0, 0]]), metric="f1")
    assert item.outcomes == ()
    assert item.n == 4


def test_documents_on_one_passage_have_a_clustered_error(tmp_path: Path) -> None:
    """By hand: both passages lie half above or below the mean twice, 2/1 · (1² + 1²) / 4² = 1/4."""
    told = make_entry(outcomes=[0.0, 0.0, 1.0, 1.0], clusters=["p", "p", "q", "q"])
    item = parse(tmp_path, told, cluster_by="passage")
    assert item.clusters == ("p", "p", "q", "q")
    assert item.stderr == pytest.approx(0.5)
    assert item.stderr_kind == "clustered"
    alone = parse(tmp_path, told)
    assert (alone.clusters, alone.stderr, alone.stderr_kind) == (None, 0.25, "harness")
    for wrong in (["p", "q"], None, [1, 1, 2, 2]):
        with pytest.raises(HarnessFailure) as caught:
            parse(tmp_path, make_entry(clusters=wrong), cluster_by="passage")
        assert caught.value.code == "bad_output"


def test_an_error_says_how_it_came_about(tmp_path: Path) -> None:
    unstated = make_entry(stderr="N/A")
    assert parse(tmp_path, unstated).stderr_kind == "sample"
    assert parse(tmp_path, unstated).stderr == pytest.approx(math.sqrt(1 / 12))
    pairs = {"outcomes": [[-2.0, 1.0], [-9.0, 3.0]], "doc_hashes": ["a", "b"], "stderr": "N/A"}
    nats = parse(tmp_path, make_entry(value=math.exp(11 / 4), **pairs), metric="word_perplexity")
    assert nats.stderr_kind == "ratio"
    # Residuals ±0.375 each: sqrt(2 · 2 · 0.375²) / 2 = 0.375 in nats, and as a factor of the value.
    assert nats.stderr == pytest.approx(0.375 * math.exp(11 / 4))
    corpus = parse(tmp_path, make_entry(outcomes=[[0, 1]] * 4), metric="f1")
    assert (corpus.stderr, corpus.stderr_kind) == (0.25, "bootstrap")
    groups = parse(tmp_path, make_entry(stderr=None), aggregate="mean_of_groups")
    assert (groups.stderr, groups.stderr_kind) == (None, "harness")
