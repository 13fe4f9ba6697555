"""One kept answer as people read it."""

from typing import Any

import pytest

from evaluations.answers.shown import asked_of


def row(**changes: Any) -> dict[str, Any]:
    kept = {
        "doc_id": 0,
        "doc_hash": "h",
        "task": "t",
        "prompt": "Which?",
        "target": "2",
        "form": "json",
        "asked": [" Kelo", " Tife", " Vose"],
    }
    return kept | changes


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({}, "Vose"),
        ({"asked": [" 1", " 2", " 3"]}, "2"),
        ({"target": "3"}, "3"),
        ({"target": "Tife"}, "Tife"),
        ({"form": "text"}, "2"),
        ({"asked": None}, "2"),
    ],
)
def test_what_was_right_is_told_as_the_text_that_was_shown(
    changes: dict[str, Any], target: str
) -> None:
    assert asked_of(row(**changes)).target == target
