r"""The protocol of R1, and the classic errors: each case says what a wrong scorer would answer.

The functions run where they run for real: in the harness's interpreter, in one process for all cases.
"""

from __future__ import annotations

import json
import math
import subprocess
from typing import Any

import pytest

from evaluations.suites.loader import INDEX
from tests.toys import HARNESS_PYTHON

DRIVER = """
import importlib.util, json, sys
found = importlib.util.spec_from_file_location("scoring", sys.argv[1])
scoring = importlib.util.module_from_spec(found)
found.loader.exec_module(scoring)
scoring.SECONDS = 1
print(json.dumps([getattr(scoring, name)(*given) for name, given in json.load(sys.stdin)]))
"""

# Expected, written, whether that is right.
JUDGED = [
    (r"\frac{1}{2}", "0.5", True),
    (r"\frac{1}{2}", r"\dfrac12", True),
    (r"\frac{\frac{1}{2}}{3}", r"\frac{1}{6}", True),
    (r"\frac{\sqrt{3}}{2}", r"\frac{\frac{\sqrt{12}}{2}}{2}", True),
    ("5", r"5\text{ cm}", True),
    ("5", r"5\,\mathrm{m/s}", True),
    ("50", r"50\%", True),
    (r"50\%", "50", True),
    ("33", "033", True),
    ("033", "33", True),
    ("10000", "10,000", True),
    ("5", "x = 5", True),
    (r"\$5", "5", True),
    (r"90^\circ", "90", True),
    (r"\text{east}", "east", True),
    (r"\text{(C)}", "C", True),
    ("(1,2)", "(1, 2)", True),
    ("(1,2)", "(2, 1)", False),
    ("[0,1)", "[0, 1)", True),
    ("[0,1)", "(0, 1)", False),
    (r"\{1,2\}", r"\{2,1\}", True),
    (r"p - q", r"-q + p", True),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", True),
    ("6", "5", False),
    ("1", r"\text{one}", False),
    (r"\text{east}", "west", False),
    ("9", r"9^{9^{9^9}}", False),
    ("9", "99999999!", False),
    ("9", "9" * 2000, False),
]
# Text, and what stands in its last balanced box.
BOXES = [
    (r"\boxed{7}", "7"),
    (r"\boxed {7}", "7"),
    (r"so \boxed{\frac{1}{\sqrt{2}}}.", r"\frac{1}{\sqrt{2}}"),
    (r"first \boxed{1}, no: \boxed{2}", "2"),
    (r"\boxed{1} and then it was cut off: \boxed{\frac{2}{3", "1"),
    (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
    (r"\boxed{a \} b}", r"a \} b"),
    (r"\boxed{\boxed{3}}", "3"),
    (r"\boxed{", ""),
    (r"\boxed{}", ""),
    ("the answer is 7", ""),
    ("", ""),
]
# Text, and what follows the thought.
THOUGHTS = [
    (r"<think>\boxed{1}</think>\boxed{2}", r"\boxed{2}"),
    (r"\boxed{1}</think>\boxed{2}", r"\boxed{2}"),
    (r"<think>\boxed{1} and on and on", ""),
    (r"<think>\boxed{1}</think>I forgot the box.", "I forgot the box."),
    (r"\boxed{2}", r"\boxed{2}"),
]
LETTERS = [
    ("B", "B"), (r"\text{B}", "B"), (r"\mathbf{(B)}", "B"), ("(B)", "B"), ("B) 12 cm", "B"),
    ("B. Because", "B"), ("Because", None), ("AB", None), ("", None), ("12", None), (r"\text{Yes}", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Call many functions of scoring.py: [(name, arguments), …] -> what each answered."""
    folder = tmp_path_factory.mktemp("r1")

    def ask(calls: list[tuple[str, list[Any]]]) -> list[Any]:
        done = subprocess.run(
            [str(HARNESS_PYTHON), "-P", "-B", "-c", DRIVER, str(INDEX.parent / "r1/scoring.py")],
            input=json.dumps(calls), capture_output=True, text=True, cwd=folder, check=True,
        )  # fmt: skip
        return list(json.loads(done.stdout))

    return ask


def boxed(*answers: str) -> list[list[str]]:
    """What process_results is given: one list of the answers to one question."""
    return [[f"<think>hm</think> so \\boxed{{{answer}}}" if answer else "hm" for answer in answers]]


def test_answers_are_compared_as_mathematics_and_hostile_ones_are_wrong_in_time(call: Any) -> None:
    calls = [("score_maths", [{"answer": gold}, boxed(text)]) for gold, text, _ in JUDGED]
    found = [
        (case[0], case[1], got["pass_at_1"] == 1)
        for case, got in zip(JUDGED, call(calls), strict=True)
    ]
    assert found == JUDGED


def test_the_last_balanced_box_after_the_thought_is_the_answer(call: Any) -> None:
    found = call([("boxed", [text]) for text, _ in BOXES])
    assert dict(zip((text for text, _ in BOXES), found, strict=True)) == dict(BOXES)
    found = call([("answer_part", [text]) for text, _ in THOUGHTS])
    assert dict(zip((text for text, _ in THOUGHTS), found, strict=True)) == dict(THOUGHTS)


def test_a_letter_is_a_letter_and_not_the_beginning_of_a_word(call: Any) -> None:
    calls = [("score_letter", [{"letter": "B"}, boxed(text or " ")]) for text, _ in LETTERS]
    found = [(got["pass_at_1"], got["no_answer"]) for got in call(calls)]
    expected = [(float(letter == "B"), float(letter is None)) for _, letter in LETTERS]
    assert found == expected


def test_the_mean_is_over_all_answers_and_those_without_a_box_are_among_them(call: Any) -> None:
    """Of 4 answers 2 are right and 1 has no box: 2/4, where 2/3 would leave the missing one out."""
    [got] = call([("score_maths", [{"answer": "7"}, boxed("7", "7", "8", "")])])
    assert got["pass_at_1"] == 0.5
    assert got["no_answer"] == 0.25


def test_four_drawn_of_n_answers_are_counted_without_bias(call: Any) -> None:
    """Chen et al. 2021: 1 - C(n - c, k) / C(n, k); of 8 answers with 2 right 1 - 15/70."""
    answers = boxed("7", "7", *"123456")
    [got, four, few] = call(
        [
            ("score_maths", [{"answer": "7"}, answers]),
            ("score_maths", [{"answer": "7"}, boxed("7", "1", "2", "3")]),
            ("score_maths", [{"answer": "7"}, boxed("7", "1")]),
        ]
    )
    assert got["pass_at_4"] == pytest.approx(1 - 15 / 70)
    # The plug-in estimate 1 - (1 - c/n)^k is another number.
    assert got["pass_at_4"] != pytest.approx(1 - (1 - 2 / 8) ** 4)
    assert four["pass_at_4"] == 1
    assert "pass_at_4" not in few
    table = [("pass_at", [k, n, c]) for n in (4, 9, 64) for k in (1, 4) for c in range(n + 1)]
    for (_, [k, n, c]), found in zip(table, call(table), strict=True):
        product = math.prod((n - c - i) / (n - i) for i in range(k))
        assert found == pytest.approx(1 - product)


def test_the_majority_is_of_equal_answers_however_they_are_written(call: Any) -> None:
    """By text 0.25 leads with two votes; as mathematics one half has three."""
    answers = boxed(r"\frac{1}{2}", "0.5", r"\frac24", "0.25", "0.25")
    wrong = boxed("0.25", r"\frac14", r"\frac{2}{8}", "0.5", "0.5")
    right, other = call([("score_maths", [{"answer": "1/2"}, each]) for each in (answers, wrong)])
    assert (right["cons_at_k"], right["pass_at_1"]) == (1, 0.6)
    assert (other["cons_at_k"], other["pass_at_1"]) == (0, 0.4)


def test_a_tie_is_won_neither_by_the_right_answer_nor_by_the_first(call: Any) -> None:
    ties = [
        (["7", "8"], 0.5),
        (["8", "7"], 0.5),
        (["8", "7", "9", "8", "7", "9"], 1 / 3),
        (["8", "8", "7"], 0.0),
        (["8", "9"], 0.0),
        # Answers that are missing have no vote, however many they are.
        (["", "", "", "7"], 1.0),
        (["", "", ""], 0.0),
    ]
    found = call([("score_maths", [{"answer": "7"}, boxed(*answers)]) for answers, _ in ties])
    assert [each["cons_at_k"] for each in found] == pytest.approx([share for _, share in ties])


def test_hostile_answers_cost_a_question_seconds_and_not_hours(call: Any) -> None:
    """All of 4 differ, and no two can be told apart in time."""
    hostile = [f"{n}^{{9^{{9^9}}}}" for n in range(11, 15)]
    [got] = call([("score_maths", [{"answer": "7"}, boxed("7", *hostile, "7")])])
    assert got["pass_at_1"] == pytest.approx(2 / 6)
    assert got["cons_at_k"] == 1
    assert got["no_answer"] == 0
