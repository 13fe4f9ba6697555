"""The process in which rows are read and prompts rendered: no network, little memory, little time.

    python -I child.py REQUEST.json OUTDIR EVENTS_FD

REQUEST: {"op": "rows", "file", "csv"} or {"op": "render", "definition", "data", "examples" | null}.
Leaves answer.json by rename, and rows.jsonl or items.jsonl and examples.jsonl beside it.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[3]))

from evaluations.suites.declared.definition import Definition
from evaluations.suites.declared.rendering import context_of, previews, render
from evaluations.suites.declared.rows import BadRows, read_rows, write_rows

CPU_SECONDS = 8
ADDRESS_SPACE = 1 << 30
MOST_RENDERED = 64 << 20


def take_rows(request: dict[str, Any], out: Path) -> dict[str, Any]:
    try:
        rows = read_rows(Path(request["file"]).read_bytes(), is_csv=request["csv"])
    except BadRows as error:
        return {"error": str(error)}
    (out / "rows.jsonl").write_bytes(write_rows(rows))
    return {"rows": len(rows), "columns": list(dict.fromkeys(name for row in rows for name in row))}


def render_all(request: dict[str, Any], out: Path) -> dict[str, Any]:
    definition = Definition.of(request["definition"])
    examples = request["examples"]
    made = render(
        definition,
        read_rows(Path(request["data"]).read_bytes()),
        read_rows(Path(examples).read_bytes()) if examples else [],
    )
    for name, items in (("items.jsonl", made.items), ("examples.jsonl", made.examples)):
        content = write_rows(items)
        if len(content) > MOST_RENDERED:
            made.wrong("prompt", 0, f"All prompts together exceed {MOST_RENDERED >> 20} MiB.")
        else:
            (out / name).write_bytes(content)
    return {
        "problems": made.problems,
        "problem_count": made.problem_count,
        "notes": made.notes,
        "facts": made.facts,
        "context": context_of(definition, made),
        "previews": previews(made),
    }


def main() -> int:
    # Before a byte that a member wrote is read.
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    request = json.loads(Path(sys.argv[1]).read_bytes())
    out = Path(sys.argv[2])
    operations = {"rows": take_rows, "render": render_all}
    answer = operations[request["op"]](request, out)
    (out / ".answer.json").write_text(json.dumps(answer), "utf-8")
    (out / ".answer.json").rename(out / "answer.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
