"""A benchmark as somebody would propose it."""

import json
from typing import Any

from contributions.proposals.protocol import Payload
from tests.evaluations.suites.declared.examples import capitals

LINES = "".join(json.dumps(row) + "\n" for row in capitals())


def benchmark_payload(**fields: Any) -> Payload:
    """Eight questions with four choices each."""
    return {
        "name": "Capitals of nowhere",
        "benchmark": "",
        "description": "Capitals of countries that are not.",
        "data": LINES,
        "examples": "",
        "held_out": False,
        "form": "choice",
        "metric": "acc",
        "prompt": "{{ question }}\nAnswer:",
        "choices": "choices",
        "gold": "answer",
        "gold_form": "index",
        "target": "",
        "scoring": "exact",
        "pattern": "",
        "ignore_case": False,
        "stop": "",
        "max_tokens": 16,
        "chance": 0.25,
        "best": None,
        "n_shot": 0,
        "chat": False,
        "queue": "cpu",
        "dtype": "float32",
        "licence": "cc0-1.0",
        "licence_name": "",
        **fields,
    }
