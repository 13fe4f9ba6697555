"""The demo's benchmarks, as somebody would declare them; and small data of one's own."""

import json
from pathlib import Path
from typing import Any

from evaluations.suites.declared.definition import Definition
from evaluations.suites.loader import FOLDER

DEMO = FOLDER / "demo"


def choice(**changes: Any) -> Definition:
    values: dict[str, Any] = {
        "form": "choice",
        "prompt": "Question: {{question}}\nAnswer:",
        "choices": "choices",
        "gold": "answer",
        "metric": "acc",
        "chance": 0.25,
    }
    return Definition(**(values | changes))


def answer(**changes: Any) -> Definition:
    values: dict[str, Any] = {
        "form": "answer",
        "prompt": "Question: {{question}}\nAnswer:",
        "target": "{{answer}}",
        "metric": "exact_match",
        "scoring": "regex",
        "pattern": r"^\s*(-?\d+)",
        "stop": ("\n", "</s>", "<s>"),
        "max_tokens": 6,
        "chance": 0.0,
    }
    return Definition(**(values | changes))


def text(**changes: Any) -> Definition:
    values = {"form": "text", "prompt": "{{text}}", "metric": "bits_per_byte"}
    return Definition(**(values | changes))


def capitals(count: int = 8, **changes: Any) -> list[dict[str, Any]]:
    """Rows with four choices each, the right one in every place in turn."""
    return [
        {
            "question": f"What is the capital of country {number}?",
            "choices": [f"{name} {number}" for name in ("Juhi", "Volo", "Kelo", "Mihi")],
            "answer": number % 4,
            **changes,
        }
        for number in range(count)
    ]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path
