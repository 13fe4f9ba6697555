"""Write the items of the demo benchmarks: python -m evaluations.toys.make_data [FOLDER]

The committed files of evaluations/suites/demo are exactly what this writes; a test says so.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable
from pathlib import Path

from evaluations.toys import world

SEED = 99
DEMO = Path(__file__).resolve().parent.parent / "suites" / "demo"

Row = dict[str, object]


def capitals(rng: random.Random, count: int) -> Iterable[Row]:
    """Four choices, one right; chance level 0.25."""
    for number in range(count):
        country = world.COUNTRIES[number % len(world.COUNTRIES)]
        right = world.CAPITAL[country]
        choices = [right, *rng.sample([city for city in world.CITIES if city != right], 3)]
        rng.shuffle(choices)
        text = f"What is the capital of {country}?"
        answer = choices.index(right)
        yield {"id": f"cap-{number:04d}", "question": text, "choices": choices, "answer": answer}


def arithmetic() -> Iterable[Row]:
    """Every question of two digits there is; the answer is to be written."""
    number = 0
    for template, operation in world.OPERATIONS.items():
        for x in range(10):
            for y in range(10):
                text, answer = template.format(x=x, y=y), str(operation(x, y))
                yield {"id": f"op-{number:04d}", "question": text, "answer": answer}
                number += 1


def prose(rng: random.Random, count: int) -> Iterable[Row]:
    for number in range(count):
        yield {"id": f"doc-{number:04d}", "text": world.prose_line(rng)}


def files() -> dict[str, str]:
    """File name -> content."""
    rng = random.Random(SEED)
    asked = list(capitals(rng, 220))
    sums = list(arithmetic())
    rows: dict[str, list[Row]] = {
        "tributary_capitals.test.jsonl": asked[:200],
        "tributary_capitals.dev.jsonl": asked[200:],
        "tributary_arithmetic.test.jsonl": sums,
        "tributary_arithmetic.dev.jsonl": rng.sample(sums, 20),
        "tributary_prose.test.jsonl": list(prose(rng, 150)),
    }
    return {
        name: "".join(json.dumps(row) + "\n" for row in content) for name, content in rows.items()
    }


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (folder / name).write_text(content, "utf-8")


if __name__ == "__main__":
    main()
