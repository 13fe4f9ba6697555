"""How outcomes of samples are told in words."""

from typing import Any

from evaluations.answers.browsing import Line
from evaluations.answers.listing import Show
from evaluations.models import BenchmarkVersion

ANSWER_WORDS: dict[Show, str] = {
    "all": "All",
    "right": "Right",
    "partly": "Partly right",
    "wrong": "Wrong",
    "lost": "Lost",
    "gained": "Gained",
    "changed": "Changed",
}
STATES = {"Right": "passed", "Wrong": "failed"}


def outcome_shown(line: Line, version: BenchmarkVersion) -> dict[str, Any]:
    """{"mine", "theirs": {"words", "state"} or None, "moved": "gained", "lost" or empty}."""
    moved = ""
    if line.outcome is not None and line.others is not None and line.outcome != line.others:
        better = (line.outcome > line.others) == version.higher_is_better
        moved = "gained" if better else "lost"
    return {
        "mine": _told(line.outcome, version),
        "theirs": _told(line.others, version),
        "moved": moved,
    }


def _told(outcome: float | None, version: BenchmarkVersion) -> dict[str, str] | None:
    if outcome is None:
        return None
    if version.unit == "proportion" and version.higher_is_better and outcome in (0, 1):
        words = "Right" if outcome else "Wrong"
        return {"words": words, "state": STATES[words]}
    if version.unit == "proportion" and 0 < outcome < 1:
        return {"words": f"{100 * outcome:.0f} %", "state": "warning"}
    return {"words": f"{outcome:.4g}".replace("-", "\N{MINUS SIGN}"), "state": ""}
