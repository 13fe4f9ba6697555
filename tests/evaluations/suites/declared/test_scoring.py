import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from evaluations.suites.declared import scoring
from tests.toys import HARNESS_PYTHON


def right(
    rule: str, target: str, written: str, pattern: str = "", ignore_case: bool = False
) -> Any:
    doc = {"scoring": rule, "target": target, "pattern": pattern, "ignore_case": ignore_case}
    return scoring.score(doc, [written])["exact_match"]


@pytest.mark.parametrize(
    ("rule", "target", "written", "pattern", "expected"),
    [
        ("exact", "Paris", " Paris\n", "", 1.0),
        ("exact", "Paris", "paris", "", 0.0),
        ("number", "1234.5", "So it is 1,234.50", "", 1.0),
        ("number", "4", "4 or 5", "", 0.0),
        ("number", "4", "none", "", 0.0),
        ("regex", "7", "The answer is 7. No, 8.", r"answer is (\d)", 1.0),
        ("regex", "7", "seven", r"answer is (\d)", 0.0),
        ("regex", "b", "x", r"x|(b)", 0.0),
    ],
)
def test_answers_are_judged(
    rule: str, target: str, written: str, pattern: str, expected: float
) -> None:
    assert right(rule, target, written, pattern) == expected


def test_case_may_be_ignored() -> None:
    assert right("exact", "Paris", "PARIS", ignore_case=True) == 1.0


def test_a_pattern_that_finds_no_end_counts_as_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "PATTERN_SECONDS", 0.05)
    assert right("regex", "a", "a" * 64 + "!", r"^(a+)+$") == 0.0


def test_mathematics_is_compared_as_mathematics() -> None:
    """With the harness's interpreter, which alone has math_verify."""
    script = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import scoring;"
        "print(json.dumps([scoring.same_mathematics(*pair) for pair in json.loads(sys.argv[2])]))"
    )
    pairs = [
        [r"\frac{1}{2}", r"Thus \boxed{0.5}."],
        ["x^2+1", r"\boxed{1+x^2}"],
        ["4", r"<think>\boxed{4}</think> \boxed{5}"],
        ["4", "no idea"],
    ]
    folder = str(Path(scoring.__file__).parent)
    command = [str(HARNESS_PYTHON), "-c", script, folder, json.dumps(pairs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [True, True, False, False]
