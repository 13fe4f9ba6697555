"""The limits of the process in which members' text is read."""

import dataclasses
from pathlib import Path

import pytest

from evaluations.harness.protocol import Limits
from evaluations.suites.declared import sandbox
from tests.evaluations.suites.declared.examples import answer, capitals, choice, write


def test_data_is_read_and_rendered_elsewhere(tmp_path: Path) -> None:
    rows = sandbox.read_data(b'question,answer\n"2 + 2?",4\n', is_csv=True)
    assert (rows.count, rows.columns) == (1, ("question", "answer"))
    assert rows.content == b'{"question":"2 + 2?","answer":"4"}\n'
    made = sandbox.render_data(choice(), write(tmp_path / "data", capitals()), None)
    assert made.problem_count == 0
    assert len(made.previews) == 8


def test_what_cannot_be_read_is_told_in_its_own_words() -> None:
    with pytest.raises(sandbox.Unreadable, match="Row 1 is not JSON"):
        sandbox.read_data(b"not json")


def test_a_pattern_without_an_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = dataclasses.replace(sandbox.LIMITS, wall_seconds=1)
    monkeypatch.setattr(sandbox, "LIMITS", limits)
    data = write(tmp_path / "data", [{"question": "?", "answer": "a" * 64 + "!"}])
    with pytest.raises(sandbox.Unreadable, match="more time or memory"):
        sandbox.render_data(answer(pattern=r"(a+)+$"), data, None)


def test_the_child_inherits_neither_secrets_nor_network(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def run(command: list[str], **options: object) -> None:
        seen.update(options)
        raise InterruptedError

    monkeypatch.setenv("SECRET_KEY", "sesame")
    monkeypatch.setattr("evaluations.harness.process.run", run)
    with pytest.raises(InterruptedError):
        sandbox.read_data(b"{}")
    assert "sesame" not in str(seen["environment"])
    assert seen["network"] is False
    assert isinstance(seen["limits"], Limits)
