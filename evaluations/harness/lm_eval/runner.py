"""The child process of one evaluation job. Runs in the harness's interpreter, knows no project.

    python -P runner.py JOB.json OUTDIR EVENTS_FD

Writes OUTDIR/results.json last and by rename: its presence, not the exit status, means success.
On EVENTS_FD: {"ev": "stage"|"progress"|"warning"|"error"|"done", ...}, one JSON object a line.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OUT_OF_MEMORY = ("out of memory", "not enough memory", "cannot allocate memory", "bad_alloc")
NEEDS_CODE = ("trust_remote_code", "custom code", "does not recognize this architecture")
NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
LONGEST_MESSAGE = 1500


class Channel:
    """Events to the worker, and the clock of the stages."""

    def __init__(self, descriptor: int) -> None:
        self.pipe = os.fdopen(descriptor, "w", buffering=1, encoding="utf-8")
        self.stage = "start"
        self.since = time.monotonic()
        self.timings: dict[str, float] = {}

    def emit(self, event: str, **values: Any) -> None:
        self.pipe.write(json.dumps({"ev": event, **values}) + "\n")

    def enter(self, stage: str) -> None:
        now = time.monotonic()
        self.timings[self.stage] = round(now - self.since, 3)
        self.stage, self.since = stage, now
        self.emit("stage", stage=stage)


def preflight(job: dict[str, Any], channel: Channel) -> bool:
    """Whether the folder may be loaded; says what is wrong with it otherwise."""
    channel.enter("preflight")
    base = Path(job["base"]) if job["base"] else None
    inspect = importlib.import_module("preflight").inspect_job
    found = inspect(Path(job["checkpoint"]), base, job["backend"])
    for finding in found.warnings:
        channel.emit("warning", message=finding.message)
    if found.errors:
        message = " ".join(item.message for item in found.errors)[:LONGEST_MESSAGE]
        channel.emit("error", code=found.errors[0].code, message=message, stage="preflight")
    return not found.errors


def measure(job: dict[str, Any], out: Path, channel: Channel, session: str) -> None:
    channel.enter("import")
    answer = importlib.import_module(session).run(job, out, channel)
    channel.enter("write")
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer["timings"] = channel.timings
    answer["max_rss_bytes"] = usage * (1 if sys.platform == "darwin" else 1024)
    partial = out / ".results.json"
    with partial.open("w", encoding="utf-8") as file:
        json.dump(answer, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(out / "results.json")
    channel.emit("done")


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it was raised from: libraries wrap the one that matters."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def repository_part(error: BaseException) -> str:
    """A sentence where a part of the repository failed while prompts were made of it, else nothing."""
    if type(error).__name__ == "PanicException":
        return f"The tokenizer does not work on the prompts. {error}"
    functions = {frame.name for frame in traceback.extract_tb(error.__traceback__)}
    if type(error).__module__.startswith("jinja2") and "render_jinja_template" in functions:
        return f"The chat template does not work. {error}"
    return ""


def explain(error: BaseException, stage: str) -> tuple[str, str]:
    """The failure code and a sentence for an exception of this stage."""
    text = f"{type(error).__name__}: {error}"[:LONGEST_MESSAGE]
    lower = text.lower()
    refusal = getattr(error, "code", None)
    if isinstance(refusal, str):
        return refusal, str(error)[:LONGEST_MESSAGE]
    causes = list(chain_of(error))
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno in NO_ROOM:
            return "disk_full", f"No room left to write ({cause.strerror})."
    memory = any(isinstance(cause, MemoryError) for cause in causes)
    if memory or any(words in lower for words in OUT_OF_MEMORY):
        return "out_of_memory", f"Not enough memory during {stage}."
    if blamed := "".join(map(repository_part, causes)):
        return "not_a_model", blamed[:LONGEST_MESSAGE]
    if stage == "load_model":
        if any(words in lower for words in NEEDS_CODE):
            return "needs_own_code", f"The model does not load without code of its own. {text}"
        if "size mismatch" in lower or "mismatched" in lower:
            return "config_mismatch", text
        return "not_a_model", f"The model does not load. {text}"
    if stage == "load_tasks":
        return "bad_job", f"The tasks do not load. {text}"
    return "harness_crashed", text


def main(session: str = "session") -> int:
    """`session` is the module whose `run` measures: another harness's child brings its own."""
    # python -P keeps the folder of a script off the path; ours goes last, so it shadows nothing.
    sys.path.append(str(Path(__file__).resolve().parent))
    channel = Channel(int(sys.argv[3]))
    try:
        job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
        if not preflight(job, channel):
            return 2
        measure(job, Path(sys.argv[2]), channel, session)
    # A panic of the tokenizers' Rust code is not an Exception.
    except BaseException as error:  # noqa: BLE001
        traceback.print_exc()
        code, message = explain(error, channel.stage)
        channel.emit("error", code=code, message=message, stage=channel.stage)
        return 3
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is on disk. Taking torch apart in an orderly way costs seconds and gains nothing.
    os._exit(status)
