import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evaluations.answers import convert, read, store
from evaluations.answers.convert import BadAnswers, write_parquet
from tests.evaluations.answering import kept, line_of, write_lines

CHOICES = [
    [["Capital of Nowhere?\nAnswer:", " Noplace"], ["Capital of Nowhere?\nAnswer:", " Town"]],
    [[[-0.25, True]], [[-3.5, False]]],
]


def converted(tmp_path: Path, lines: list[dict[str, Any]], **changes: Any) -> Path:
    target = tmp_path / "out.parquet"
    options = {"metric": "acc", "filter_name": "none", "outcomes": ()} | changes
    hashes = [line["doc_hash"] for line in lines if line["filter"] == options["filter_name"]]
    options.setdefault("doc_hashes", hashes)
    write_parquet([write_lines(tmp_path / "in.jsonl.gz", lines)], target, **options)
    return target


def test_a_written_answer_keeps_its_prompt_target_document_and_outcome() -> None:
    sha256 = kept([[line_of(0, ["It is 42.", "41"], 1.0)]], [1.0])
    [row] = read.read_rows(sha256, [0], read.all_columns())
    assert row["prompt"] == "Question 0\nAnswer:"
    assert (row["form"], row["answers"], row["filtered"]) == (
        "text",
        ["It is 42.", "41"],
        ["It is 42."],
    )
    assert (row["outcome"], row["target"], row["whole"]) == (1.0, "42", True)
    assert json.loads(row["doc"]) == {"question": "Question 0", "answer": "42"}


def test_choices_keep_what_was_shown_and_how_likely_it_was() -> None:
    arguments, resps = CHOICES
    sha256 = kept(
        [[line_of(0, ["x"], 1.0, arguments=arguments, resps=resps, filtered_resps=resps)]], [1]
    )
    [row] = read.read_rows(sha256, [0], read.all_columns())
    assert (row["prompt"], row["asked"]) == ("Capital of Nowhere?\nAnswer:", [" Noplace", " Town"])
    assert (row["form"], row["requests"]) == ("json", 2)
    assert [json.loads(text) for text in row["answers"]] == [[-0.25, True], [-3.5, False]]


def test_choices_that_differ_before_what_is_scored_are_kept_whole() -> None:
    arguments = [
        ["Ann thanked Ann because", " she helped."],
        ["Ann thanked Ben because", " she helped."],
    ]
    sha256 = kept([[line_of(0, ["x"], 1.0, arguments=arguments, resps=CHOICES[1])]], [1])
    [row] = read.read_rows(sha256, [0], ["asked"])
    assert row["asked"] == [
        "Ann thanked Ann because she helped.",
        "Ann thanked Ben because she helped.",
    ]


def test_the_command_lines_objects_are_read_as_well() -> None:
    arguments = {"gen_args_0": {"arg_0": "Say it.", "arg_1": {"until": []}}}
    sha256 = kept([[line_of(0, ["it"], 1.0, arguments=arguments)]], [1])
    [row] = read.read_rows(sha256, [0], ["prompt", "answers"])
    assert row == {"prompt": "Say it.", "answers": ["it"]}


def test_equal_answers_give_equal_bytes(tmp_path: Path) -> None:
    lines = [line_of(number, [f"answer {number}"], 1.0) for number in range(600)]
    first = converted(tmp_path, lines).read_bytes()
    assert converted(tmp_path, lines).read_bytes() == first
    assert first[:4] == first[-4:] == b"PAR1"


def test_seeds_lie_beside_one_another_each_with_its_own_outcome() -> None:
    seeds = [
        [line_of(number, [f"{seed}/{number}"], outcome, seed=seed) for number in range(3)]
        for seed, outcome in ((1, 1.0), (2, 0.0))
    ]
    sha256 = kept(seeds, [0.5, 0.5, 0.5])
    assert (read.footer(sha256).seeds, read.footer(sha256).documents) == (2, 3)
    rows = read.read_rows(sha256, [2, 3], ["answers", "seed", "outcome"])
    assert [row["answers"] for row in rows] == [["1/1"], ["2/1"]]
    assert [row["outcome"] for row in rows] == [1.0, 0.0]


def test_only_lines_of_the_scores_filter_are_taken() -> None:
    lines = [
        line_of(number, [text], 1.0, filter=name)
        for number in range(2)
        for name, text in (("strict", "s"), ("loose", "l"))
    ]
    sha256 = kept([lines], [1.0, 1.0], filter_name="loose")
    assert [row["answers"] for row in read.read_rows(sha256, [0, 1], ["answers"])] == [["l"], ["l"]]


def test_hostile_text_is_cut_and_mended_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "LONGEST_TEXT", 1000)
    texts = ["a\0b", "half \ud83d of a pair", "<script>" + "x" * 5000]
    lines = [line_of(number, [text], 0.0) for number, text in enumerate(texts)]
    rows = read.read_rows(kept([lines], [0.0] * 3), [0, 1, 2], ["answers", "whole"])
    assert [row["whole"] for row in rows] == [True, False, False]
    assert rows[0]["answers"] == ["a\0b"]
    assert rows[1]["answers"] == ["half \ufffd of a pair"]
    assert rows[2]["answers"][0].endswith("[cut here; 5,008 characters in all]")
    assert len(rows[2]["answers"][0]) < 1100


def test_groups_end_where_they_are_large_in_rows_or_in_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(convert, "GROUP_BYTES", 50_000)
    lines = [line_of(number, ["x" * (20_000 if number < 6 else 1)], 0.0) for number in range(600)]
    starts = read.footer(kept([lines], [0.0] * 600)).starts
    assert starts == [0, 3, 6, 262, 518, 600]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"doc_hashes": ["another"]}, "not those of document 0"),
        ({"doc_hashes": []}, "more documents than the score has"),
        ({"filter_name": "strict", "doc_hashes": ["x"]}, "not those of document 0"),
    ],
)
def test_lines_that_are_not_the_scores_are_refused(
    tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadAnswers, match=says):
        converted(tmp_path, [line_of(0, ["x"], 1.0)], **change)


@pytest.mark.parametrize("text", [b"no json\n", b"[1]\n", b"[" * 100_000 + b"\n", b"\xff\n"])
def test_what_is_no_line_of_a_harness_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "in.jsonl.gz"
    path.write_bytes(gzip.compress(text))
    with pytest.raises(BadAnswers):
        write_parquet(
            [path],
            tmp_path / "out",
            metric="acc",
            filter_name="none",
            doc_hashes=["x"],
            outcomes=(),
        )


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "in.jsonl.gz", [line_of(0, ["x"], 1.0)])
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(BadAnswers, match="not a whole gzip file"):
        write_parquet(
            [path],
            tmp_path / "out",
            metric="acc",
            filter_name="none",
            doc_hashes=[line_of(0, ["x"], 1.0)["doc_hash"]],
            outcomes=(),
        )


def test_json_lines_say_what_the_file_holds() -> None:
    sha256 = kept([[line_of(number, [f"a{number}"], 1.0) for number in range(300)]], [1.0] * 300)
    lines = b"".join(read.json_lines(sha256)).decode().splitlines()
    assert len(lines) == 300
    told = json.loads(lines[299])
    assert (told["answers"], told["doc"]["question"]) == (["a299"], "Question 299")
    assert store.verify(sha256)
