"""Reading and rendering what members wrote, in a process of its own (child.py): called by web and workers."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluations.harness import process
from evaluations.harness.protocol import Limits
from evaluations.suites.declared.definition import Definition

CHILD = Path(__file__).with_name("child.py")
LIMITS = Limits(
    wall_seconds=20, stall_seconds=20, rss_bytes=768 << 20, file_bytes=128 << 20, open_files=64
)
TOO_MUCH = "It takes more time or memory to read than is allowed. Make it simpler or smaller."


class Unreadable(Exception):
    """The child refused, or broke a limit; the message is for whoever wrote the data."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Data as it is kept: JSON lines, their number, the names of their fields."""

    content: bytes
    count: int
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """What a definition makes of its data; shapes as rendering.Rendered has them.

    `context` is the text of the examples before every prompt, `previews` ten rows.
    """

    problems: list[dict[str, Any]]
    problem_count: int
    notes: list[str]
    facts: dict[str, Any]
    context: str
    previews: list[dict[str, Any]]


def read_data(data: bytes, *, is_csv: bool = False) -> Rows:
    """Raises Unreadable. About 0.2 s."""
    with _folder() as folder:
        (folder / "raw").write_bytes(data)
        answer = _run(folder, {"op": "rows", "file": str(folder / "raw"), "csv": is_csv})
        if "error" in answer:
            raise Unreadable(str(answer["error"]))
        return Rows(
            content=(folder / "rows.jsonl").read_bytes(),
            count=int(answer["rows"]),
            columns=tuple(answer["columns"]),
        )


def render_data(
    definition: Definition, data: Path, examples: Path | None, *, keep: Path | None = None
) -> Rendering:
    """Render every row of `data` (JSON lines as read_data made them). Raises Unreadable.

    With `keep`, items.jsonl and examples.jsonl are left in that folder. About 0.2 s and 40 µs a row.
    """
    with _folder() as folder:
        request = {
            "op": "render",
            "definition": definition.as_json(),
            "data": str(data.absolute()),
            "examples": str(examples.absolute()) if examples else None,
        }
        answer = _run(folder, request, data, *([examples] if examples else []))
        if keep is not None:
            for name in ("items.jsonl", "examples.jsonl"):
                if (folder / name).exists():
                    shutil.copyfile(folder / name, keep / name)
        return Rendering(**answer)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="declared-") as name:
        yield Path(name)


def _run(folder: Path, request: Mapping[str, Any], *read_only: Path) -> dict[str, Any]:
    (folder / "request.json").write_text(json.dumps(request), "utf-8")
    command = [sys.executable, "-I", str(CHILD), str(folder / "request.json"), str(folder)]
    ending = process.run(
        [*command, process.EVENTS],
        scratch=folder,
        log=folder / "log",
        limits=LIMITS,
        environment=process.clean_environment(folder, threads=1, network=False, gpu=False),
        network=False,
        on_event=lambda _: None,
        cancelled=lambda: False,
        read_only=read_only,
    )
    if ending.stopped or ending.returncode or not (folder / "answer.json").exists():
        raise Unreadable(TOO_MUCH)
    answer: dict[str, Any] = json.loads((folder / "answer.json").read_bytes())
    return answer
