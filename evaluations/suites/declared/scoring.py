"""How answers to declared benchmarks are judged. Part of every digest of one (task.py).

Loaded by lm_eval beside the task file of a job, and by rendering.py; needs only the standard library
until an answer is to be read as mathematics.
"""

import importlib
import json
import re
import signal
from typing import Any

# Patterns are other people's, and so is the text they run on. The re module hears signals, and the
# harness runs in the main thread; without this, one hopeless pattern would cost a whole run.
PATTERN_SECONDS = 1.0
MATHS_SECONDS = 5
NUMBER = re.compile(r"[-+]?(?:\d[\d,]*)?\.?\d+(?:[eE][-+]?\d{1,3})?")


class TooSlow(Exception):
    pass


def unpack(dataset: Any) -> Any:
    """One column of JSON text a row, so that no reader of the file guesses at types (dates!)."""
    return dataset.map(lambda doc: json.loads(doc["item"]), remove_columns=["item"])


def score(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """{"exact_match": 0.0 or 1.0} for the answer that a model wrote."""
    answer = results[0]
    rule, pattern, ignore_case = doc["scoring"], doc["pattern"], doc["ignore_case"]
    if rule == "math":
        return {"exact_match": float(same_mathematics(doc["target"], answer))}
    if rule == "number":
        found = last_number(answer)
        return {"exact_match": float(found is not None and found == last_number(doc["target"]))}
    text = find(pattern, answer) if rule == "regex" else answer.strip()
    return {"exact_match": float(text is not None and equal(text, doc["target"], ignore_case))}


def equal(text: str, target: str, ignore_case: bool) -> bool:  # noqa: FBT001
    text, target = text.strip(), target.strip()
    return text.lower() == target.lower() if ignore_case else text == target


def last_number(text: str) -> float | None:
    """The last number in `text`, thousands separated by commas or not; None where there is none."""
    found = NUMBER.findall(text)
    return float(found[-1].replace(",", "")) if found else None


def find(pattern: str, text: str) -> str | None:
    """The first group of the first match, or all of it; None for no match, or none in time."""

    def stop(number: int, frame: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, PATTERN_SECONDS)
    try:
        match = re.search(pattern, text)
    except TooSlow:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if match is None:
        return None
    return match[1] if match.re.groups else match[0]


def same_mathematics(target: str, answer: str) -> bool:
    maths = importlib.import_module("math_verify")
    parser = importlib.import_module("math_verify.parser")
    kinds = [
        parser.LatexExtractionConfig(boxed_match_priority=0),
        parser.ExprExtractionConfig(),
    ]
    gold = maths.parse(f"${target}$", kinds)
    found = maths.parse(answer.rsplit("</think>", 1)[-1], kinds, parsing_timeout=MATHS_SECONDS)
    return bool(found) and bool(maths.verify(gold, found, timeout_seconds=MATHS_SECONDS))
