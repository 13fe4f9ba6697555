from typing import Any

import pytest

from evaluations.suites.declared.rendering import context_of, previews, render
from tests.evaluations.suites.declared.examples import answer, capitals, choice


def problems(made: Any) -> list[tuple[str, int, str]]:
    return [(each["part"], each["row"], each["message"]) for each in made.problems]


def test_a_sound_benchmark_renders_every_row_and_tells_its_balance() -> None:
    examples = capitals(2, question="Which one?")
    examples[1]["choices"] = ["1", "2", "3", "4"]
    made = render(choice(n_shot=2), capitals(), examples)
    assert made.problems == []
    assert made.facts["balance"] == {"A": 2, "B": 2, "C": 2, "D": 2}
    assert made.items[5] == {
        "row": 6,
        "prompt": "Question: What is the capital of country 5?\nAnswer:",
        "choices": ["Juhi 5", "Volo 5", "Kelo 5", "Mihi 5"],
        "gold": 1,
    }
    context = "Question: Which one?\nAnswer: Juhi 0\n\nQuestion: Which one?\nAnswer: 2\n\n"
    assert context_of(choice(n_shot=2), made) == context


def test_rows_that_belong_together_say_so_and_examples_need_not() -> None:
    rows = [row | {"passage": f"p{number // 4}"} for number, row in enumerate(capitals())]
    sound = render(choice(n_shot=1, cluster_by="passage"), rows, capitals(1, question="Which?"))
    assert sound.problems == []
    assert [item["cluster"] for item in sound.items] == ["p0"] * 4 + ["p1"] * 4
    assert sound.facts["clusters"] == 2
    del rows[2]["passage"]
    lacking = render(choice(cluster_by="passage"), rows, [])
    assert problems(lacking) == [("data", 3, "It has no field passage.")]
    assert "cluster" not in render(choice(), capitals(), []).items[0]


def test_ten_previews_are_spread_over_the_data() -> None:
    shown = previews(render(choice(), capitals(40), []))
    assert [each["row"] for each in shown] == [1, 5, 9, 13, 17, 21, 25, 29, 33, 37]
    assert [one["right"] for one in shown[0]["choices"]] == [True, False, False, False]
    assert len(previews(render(choice(), capitals(3), []))) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"question": None}, "Question is empty, not text or a number."),
        ({"choices": "abcd"}, "Choices is text, not a list."),
        ({"choices": ["a"]}, "It has 1 choices; between 2 and 26 are possible."),
        ({"choices": ["a", "a", "b", "c"]}, "Two of its choices are equal."),
        ({"choices": ["a", " ", "b", "c"]}, "A choice is empty."),
        ({"answer": 4}, "Answer names none of its 4 choices."),
        ({"answer": -1}, "Answer names none of its 4 choices."),
        ({"answer": True}, "Answer names none of its 4 choices."),
    ],
)
def test_a_bad_row_is_told_by_its_number(change: dict[str, Any], message: str) -> None:
    rows = capitals()
    rows[2] |= change
    assert ("data", 3, message) in problems(render(choice(), rows, []))


@pytest.mark.parametrize(
    ("way", "value", "place"),
    [("index", "2", 2), ("number", 3, 2), ("letter", " c", 2), ("text", "Kelo 0", 2)],
)
def test_the_right_choice_may_be_named_in_four_ways(way: str, value: Any, place: int) -> None:
    row = capitals(1)[0] | {"answer": value}
    assert render(choice(gold_form=way), [row], []).items[0]["gold"] == place


def test_choices_may_be_templates_or_plain_words() -> None:
    row = {"question": "Is water wet?", "answer": "yes", "a": "yes", "b": "no"}
    for choices in ("{{a}}\n{{b}}", "yes\nno"):
        made = render(choice(choices=choices, gold_form="text", chance=0.5), [row], [])
        assert made.problems == []
        assert made.items[0]["choices"] == ["yes", "no"]


def test_repeats_are_found_in_the_data_and_between_data_and_examples() -> None:
    rows = [*capitals(4), capitals(4)[1]]
    made = render(choice(), rows, [capitals(4)[3]])
    assert ("data", 5, "It is the same as row 2.") in problems(made)
    assert ("fewshot", 1, "It is also row 4 of the test data.") in problems(made)


def test_chance_has_to_agree_with_the_number_of_choices() -> None:
    made = render(choice(chance=0.5), capitals(), [])
    message = "Guessing among the choices of the data scores 0.25, not 0.5."
    assert problems(made) == [("chance", 0, message)]


def test_a_lopsided_key_is_told() -> None:
    made = render(choice(), capitals(answer=1), [])
    assert made.problems == []
    assert made.notes == ["Always answering B scores 1.00."]


def test_too_few_examples_are_told() -> None:
    assert problems(render(choice(n_shot=1), capitals(), []))[0][0] == "n_shot"


def test_the_right_answer_has_to_count_as_right() -> None:
    rows = [{"question": "What is 2 + 2?", "answer": "four"}]
    made = render(answer(scoring="number"), rows, [])
    assert ("data", 1, "Its answer is no number.") in problems(made)
    made = render(answer(pattern=r"(\w)"), rows, [])
    message = "In the right answer the pattern finds another."
    assert ("pattern", 1, message) in problems(made)
    made = render(answer(pattern=r"answer is (\w+)"), rows, [])
    assert made.problems == []
    assert "the pattern finds nothing" in " ".join(made.notes)


def test_only_the_first_problems_are_listed_and_all_are_counted() -> None:
    made = render(choice(), capitals(100, answer=9), [])
    assert (len(made.problems), made.problem_count) == (50, 100)
