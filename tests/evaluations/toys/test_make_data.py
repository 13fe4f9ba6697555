from __future__ import annotations

import json

from evaluations.toys.make_data import DEMO, files


def test_the_committed_items_are_exactly_what_the_program_writes() -> None:
    committed = {path.name: path.read_text("utf-8") for path in DEMO.glob("*.jsonl")}
    assert committed == files()


def test_every_multiple_choice_question_has_one_right_answer_among_four() -> None:
    rows = [json.loads(line) for line in files()["tributary_capitals.test.jsonl"].splitlines()]
    assert all(len(set(row["choices"])) == 4 for row in rows)
    answers = [row["answer"] for row in rows]
    assert max(answers.count(place) for place in range(4)) < 80
