"""What stands beside a number: what its documents belong to, and other numbers of the same answers.

Imported by session.py in the harness's interpreter.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from refusing import Refused

Sample = dict[str, Any]


def clusters_of(samples: list[Sample], field: str) -> list[str] | None:
    """A short name for what each document has in `field` (passages are long); None without a field."""
    if not field:
        return None
    if any(field not in sample["doc"] for sample in samples):
        raise Refused("bad_job", f"Documents are to be clustered by {field}, which they lack.")
    values = (json.dumps(sample["doc"][field], sort_keys=True, default=str) for sample in samples)
    return [hashlib.sha256(value.encode()).hexdigest()[:16] for value in values]


def other_numbers(row: dict[str, Any], asked: str) -> dict[str, float]:
    """By "metric,filter": every finite number of the task but the one that was asked for."""
    return {
        name: float(value)
        for name, value in row.items()
        if name != asked and "_stderr," not in name and "," in name and _is_number(value)
    }


def truncated(samples: list[Sample], tokenizer: Any) -> float | None:
    """Share of answers that are as long as they were allowed to be: cut off, not ended.

    By encoding the text again, which is what every back end leaves; None where nothing was generated
    or nothing encodes.
    """
    counted = cut = 0
    for sample in samples:
        most = _allowed(sample)
        if most is None or not callable(tokenizer):
            continue
        answers = [text for texts in sample["resps"] for text in texts]
        encoded = tokenizer(answers, add_special_tokens=False)["input_ids"]
        counted += len(answers)
        cut += sum(len(tokens) >= most for tokens in encoded)
    return cut / counted if counted else None


def _allowed(sample: Sample) -> int | None:
    """Tokens that an answer may have; None where the model was not asked to write."""
    first: Any = sample["arguments"][0] if sample["arguments"] else ()
    settings = first[1] if len(first) > 1 and isinstance(first[1], dict) else {}
    most = settings.get("max_gen_toks")
    return int(most) if most else None


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)
