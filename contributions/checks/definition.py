"""Does a proposed benchmark hold together: every row, its origin, no copy of another, one run through it?"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from contributions.benchmark_data import BadData, read_at_origin
from contributions.checks.verdict import Context, Detail, Hindered, Verdict
from contributions.proposals.add_benchmark import PARTS, definition_of
from evaluations.declared import render_stored
from evaluations.harness.protocol import HarnessFailure, Job, Limits, TaskSpec
from evaluations.harness.registry import get_harness
from evaluations.models import BenchmarkVersion
from evaluations.suites.declared.sandbox import Rendering, Unreadable
from evaluations.suites.declared.task import generation_of, write_task
from evaluations.toys.micro import micro_model
from hub import store

name: Final = "definition"
label: Final = "Definition and data"
needs: Final = ()
QUEUE: Final = "cpu"
HARNESS = "lm_eval"
TASK = "proposed"
TRIED_ROWS = 8
WALL_SECONDS = 300
MOST_SHOWN = 10
# Benchmarks that are compared line by line, newest first: each costs a pass over at most 8 MiB.
MOST_COMPARED = 100
SAME_SHARE = 0.05


def run(context: Context) -> Verdict:
    payload = context.payload
    examples = payload["examples"]
    try:
        rendering = render_stored(
            definition_of(payload),
            payload["data"]["sha256"],
            examples["sha256"] if examples else "",
        )
    except FileNotFoundError:
        raise Hindered(
            "unavailable", "The data is not in this worker's store.", retryable=True
        ) from None
    except Unreadable as error:
        return _failed([Detail(str(error), "data")], "too_much")
    details = [*_problems(rendering), *_moved(payload), *_copied(context)]
    if details:
        return _failed(details, "unsound")
    if failure := _tried(context):
        return _failed([failure], "does_not_run")
    said = f"{rendering.facts['rows']:,} rows render, and the harness measures with them."
    findings = {"facts": rendering.facts}
    if rendering.notes:
        notes = tuple(Detail(note, "data") for note in rendering.notes)
        return Verdict("warning", f"{said} {rendering.notes[0]}", notes, findings, "lopsided")
    return Verdict("passed", said, findings=findings)


def _failed(details: list[Detail], code: str) -> Verdict:
    return Verdict("failed", details[0].text, tuple(details[:MOST_SHOWN]), code=code)


def _problems(rendering: Rendering) -> Iterator[Detail]:
    for problem in rendering.problems:
        row = f"Row {problem['row']}: " if problem["row"] else ""
        part = PARTS.get(problem["part"], problem["part"])
        yield Detail(f"{row}{problem['message']}", part, line=problem["row"] or None)


def _moved(payload: dict[str, Any]) -> Iterator[Detail]:
    """Data that says where it comes from has to be there. Raises OriginError."""
    for part in ("data", "examples"):
        data = payload[part]
        if not data or not data["source"]:
            continue
        try:
            found = hashlib.sha256(read_at_origin(data["source"])).hexdigest()
        except BadData as error:
            found = str(error)
        if found != data["sha256"]:
            text = f"{data['source']['path']} at its origin holds other rows."
            yield Detail(
                text, part, proposed=data["sha256"], found=found, fix="Name the file again."
            )


def _copied(context: Context) -> Iterator[Detail]:
    """The same rows in another benchmark: a next version is that benchmark's own."""
    subject = context.proposal.subject(context.payload)
    others = (
        BenchmarkVersion.objects.exclude(data_sha256="")
        .exclude(benchmark__slug=subject)
        .select_related("benchmark")
        .order_by("benchmark_id", "-pk")
        .distinct("benchmark_id")[:MOST_COMPARED]
    )
    own = _lines(context.payload["data"]["sha256"])
    for version in others:
        same = len(own & _lines(version.data_sha256))
        if same > SAME_SHARE * len(own):
            text = f"{same:,} of {len(own):,} rows are those of {version.benchmark.name} too."
            fix = "Leave them out, or propose the next version of that benchmark."
            url = version.benchmark.get_absolute_url()
            yield Detail(text, "data", found=version.benchmark.slug, fix=fix, url=url)


def _lines(sha256: str) -> set[bytes]:
    """Digests of the rows, as they are kept; empty where the data is not on this machine."""
    kept = store.default()
    if not kept.has(sha256):
        return set()
    with kept.open(sha256) as file:
        return {hashlib.blake2b(line, digest_size=12).digest() for line in file}


def _tried(context: Context) -> Detail | None:
    """A few rows through the real harness, with the smallest model there is. About ten seconds."""
    payload = context.payload
    definition = definition_of(payload)
    base = settings.STATE_DIR / "runs"
    base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="definition-", dir=base))
    kept = store.default()
    examples = payload["examples"]
    try:
        path, _ = write_task(
            definition,
            task=TASK,
            data=kept.path_of(payload["data"]["sha256"]),
            examples=kept.path_of(examples["sha256"]) if examples else None,
            folder=folder / "task",
        )
        spec = TaskSpec(
            recipe_digest=TASK,
            task=TASK,
            metric=definition.metric,
            file=path,
            n_shot=definition.n_shot,
            gen_args=generation_of(definition),
            limit=TRIED_ROWS,
        )
        job = Job(
            checkpoint_path=micro_model(settings.HARNESS_PYTHON, settings.STATE_DIR / "toys"),
            tasks=(spec,),
            limits=Limits(wall_seconds=WALL_SECONDS, stall_seconds=WALL_SECONDS),
        )
        (folder / "job").mkdir()
        get_harness(HARNESS, settings.HARNESS_PYTHON).evaluate(
            job, folder / "job", on_progress=lambda _: None, cancelled=context.lost
        )
    except HarnessFailure as failure:
        if failure.retryable or failure.code == "cancelled":
            raise Hindered(failure.code, failure.message, retryable=True) from failure
        return Detail(failure.message, "form", found=failure.code)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return None
