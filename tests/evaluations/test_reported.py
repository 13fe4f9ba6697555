"""Numbers as cards and result files of other places hold them."""

from datetime import date

import pytest

from evaluations.reported import converted, in_card, in_eval_results

CARD = {
    "model-index": [
        {
            "name": "brook",
            "results": [
                {
                    "task": {"type": "text-generation"},
                    "dataset": {"type": "cais/mmlu", "name": "MMLU", "split": "test"},
                    "metrics": [
                        {"type": "acc", "value": 62.1, "name": "5-shot"},
                        {"type": "acc", "value": "20.0 +- 1.2"},
                        {"type": "acc", "value": 0.412},
                        {"type": "acc", "value": "nan"},
                        {"type": "acc", "value": None},
                    ],
                    "source": {"name": "a board", "url": "https://example.org/board"},
                },
                {"dataset": {"type": "wikitext"}, "metrics": [{"type": "perplexity", "value": 9}]},
                {"dataset": {}, "metrics": [{"type": "acc", "value": 1}]},
                "nonsense",
            ],
        },
    ]
}
FILE = """
- dataset:
    id: cais/hle
    task_id: default
  value: 20.90
  date: "2025-01-15"
  source: {url: "https://example.org/hle"}
  notes: "no-tools"
- data:
    dataset: {id: Idavidrein/gpqa, task_id: diamond}
    value: 0.412
- value: 3
"""


def test_a_card_s_model_index_is_read_and_what_is_no_number_left_out() -> None:
    found = in_card(CARD)
    assert [(each.benchmark, each.value, each.unit) for each in found] == [
        ("MMLU", 62.1, "percent"),
        ("MMLU", 20.0, "percent"),
        # A proportion, or less than half a percent: a person has to say.
        ("MMLU", 0.412, ""),
        ("wikitext", 9.0, "perplexity"),
    ]
    assert (found[0].metric, found[0].note, found[0].source) == (
        "acc", "5-shot, test", "https://example.org/board",
    )  # fmt: skip


@pytest.mark.parametrize("card", [{}, {"model-index": "x"}, {"model-index": [{"results": 3}]}])
def test_a_card_that_says_nothing_or_nonsense_holds_no_numbers(card: dict[str, object]) -> None:
    assert in_card(card) == []


def test_a_file_of_evaluation_results_is_read() -> None:
    first, second = in_eval_results(FILE)
    assert (first.benchmark, first.value, first.unit) == ("cais/hle", 20.9, "percent")
    assert (first.reported_on, first.note) == (date(2025, 1, 15), "no-tools")
    assert first.source == "https://example.org/hle"
    assert (second.benchmark, second.value, second.unit) == ("Idavidrein/gpqa:diamond", 0.412, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("value: 3", "is a list"),
        ("- a: [", "not valid YAML in line"),
        ("a: &a [1]\nb: *a", "aliases"),
        ("- " + "x" * 300_000, "longer than"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        in_eval_results(text)


def test_percent_and_proportion_convert_and_nothing_else_does() -> None:
    assert converted(71.5, "percent", "proportion") == pytest.approx(0.715)
    assert converted(0.5, "proportion", "percent") == 50
    assert converted(0.9, "bits per byte", "bits per byte") == 0.9
    assert converted(71.5, "percent", "perplexity") is None
