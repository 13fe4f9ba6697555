"""Every failure says what to do, and shows the lines that explain it."""

import re
from pathlib import Path

import pytest

from evaluations import advice
from evaluations.harness.protocol import FAILURES
from hub.origins.reasons import KINDS

ACTIONS = Path(advice.__file__).with_name("actions")
# As runs are failed: Failure(code="…"), failure_code="…".
OWN = re.compile(r'code="(\w+)"')


def own_codes() -> set[str]:
    return {code for path in ACTIONS.glob("*.py") for code in OWN.findall(path.read_text())}


def test_every_code_has_its_sentence_and_no_sentence_is_for_nothing() -> None:
    assert {"lease_lost", "hub_error"} <= own_codes()
    assert set(advice.ADVICE) == set(FAILURES) | set(KINDS) | own_codes()


@pytest.mark.parametrize("code", advice.ADVICE)
def test_a_sentence_is_one_that_ends(code: str) -> None:
    assert re.fullmatch(r"[A-Z].{15,170}\.", advice.advice_for(code))


def test_a_code_of_former_times_still_leads_somewhere() -> None:
    assert "log" in advice.advice_for("weights_mismatch")
    assert advice.advice_for("") == ""


TRACEBACK = """2026-11-23 loading
Traceback (most recent call last):
  File "session.py", line 3, in load
    raise ValueError(f"no")
ValueError: lm_head.weight has the wrong shape
 50%|#####     | 5/10

bye"""


@pytest.mark.parametrize(
    ("log", "first", "last"),
    [
        (TRACEBACK, '  File "session.py", line 3, in load', "bye"),
        ("a\nb\n\nc\nd\ne\n", "b", "e"),
        ("thread 'main' panicked at src/lib.rs\n" + "\n".join("0123456789"), "thread", "1"),
        ("", "", ""),
    ],
)
def test_the_lines_that_explain_are_those_round_the_last_error(
    log: str, first: str, last: str
) -> None:
    shown = advice.excerpt(log)
    assert shown.startswith(first)
    assert shown.endswith(last)


def test_a_line_without_an_end_is_cut() -> None:
    assert len(advice.excerpt("Error " + "x" * 10**6)) == advice.LONGEST_LINE
