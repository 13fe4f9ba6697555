"""Does it load, write and know some English? A few seconds of the real harness, before hours of it.

The files come into the store, where the run finds them later; the process is the one that measures, with
the same limits and without a network. An adapter is tried on the base that its lineage names. Larger
checkpoints are left to the run itself, which begins alike.
"""

import gzip
import json
import math
import shutil
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from contributions.checks.pinned import read_pinned_json
from contributions.checks.verdict import Context, Detail, Hindered, Verdict
from contributions.models import Check
from evaluations.bases import ADAPTING, base_among, digest_on, lay_out, needs_of_checkpoint
from evaluations.capabilities import backends_here
from evaluations.harness.protocol import HarnessFailure, Job, Limits, Measurement, Report, TaskSpec
from evaluations.harness.registry import get_harness
from evaluations.suites.loader import FOLDER
from hub.manifest import Manifest
from hub.models import Checkpoint, LineageEdge, ModelVariant
from hub.origins.errors import Cancelled
from hub.origins.fetch import fetch_checkpoint
from hub.refusal import Refusal

name: Final = "smoke"
label: Final = "Smoke test"
needs: Final = ("origin", "files")
QUEUE: Final = "cpu"
HARNESS = "lm_eval"
TEXT, WORDS = "smoke_text", "smoke_words"
# A text of one symbol over and over: what remains of a model whose weights are noise or zeros.
LEAST_SYMBOLS = 2
# Bits a byte: 8 is what somebody pays who knows nothing about bytes at all.
GUESSING = 8.0
WORSE_THAN_PARENT = 1.0
MEBIBYTE = 1 << 20
WALL_SECONDS = 600


def run(context: Context) -> Verdict:
    pinned = context.pinned
    found = pinned["manifest"]
    manifest = Manifest.of(pinned["commit"], found["files"])
    if sum(row["path"].endswith(".gguf") for row in manifest.files) > 1:
        text = "Not tried: of several GGUF files a recipe has to name one."
        return Verdict("skipped", text, code="several_files")
    try:
        parts = _parts(context, manifest)
    except Refusal as refusal:
        return Verdict("skipped", f"Not tried: {refusal.message}", code=refusal.code)
    size = sum(part.manifest.size for part in parts)
    if size > settings.SMOKE_MAX_BYTES:
        most = filesizeformat(settings.SMOKE_MAX_BYTES)
        text = f"Not tried: {filesizeformat(size)}, more than {most}. Its run begins with it."
        text = text.replace("\xa0", " ")
        return Verdict("skipped", text, code="too_large")
    if lacking := needs_of_checkpoint(parts[0]) - set(backends_here()):
        text = f"Not tried: the harness of this worker has no {', '.join(sorted(lacking))}."
        return Verdict("skipped", text, code="unavailable")
    digest = digest_on(*parts) if len(parts) > 1 else manifest.digest
    if earlier := _earlier(digest):
        return Verdict(
            "passed", f"These files were tried before: {earlier['said']}", findings=earlier
        )
    try:
        _fetch(context, parts)
        report, answers = _try(context, parts)
    except Cancelled:
        raise Hindered("lease_lost", "Another worker took over.", retryable=True) from None
    except HarnessFailure as failure:
        return _failed(failure)
    return _verdict(context, digest, report, answers)


def _earlier(digest: str) -> dict[str, Any] | None:
    """What the same files showed once before: a revised card is no new model."""
    passed = Check.objects.filter(name=name, state="passed", findings__digest=digest)
    found = passed.order_by("-pk").values_list("findings", flat=True).first()
    return dict(found) if found else None


def _parts(context: Context, manifest: Manifest) -> list[Checkpoint]:
    """What is loaded, as a run would: the pinned files, and an adapter's base as its edges name it.

    Raises Refusal (evaluations.bases.base_among) where nobody can say what that is.
    """
    variant = ModelVariant(repo_id=context.pinned["repo_id"])
    files = [dict(row) for row in manifest.files]
    checkpoint = Checkpoint(variant=variant, commit=manifest.commit, files=files)
    if manifest.kind != "adapter":
        return [checkpoint]
    edges = [
        LineageEdge(
            relation=edge["relation"],
            parent=ModelVariant.objects.named(*edge["parent_name"].split("/", 1)).first(),
            parent_name=edge["parent_name"],
            parent_commit=edge.get("parent_commit", ""),
        )
        for edge in context.payload.get("edges", [])
        if edge["relation"] in ADAPTING
    ]
    return [checkpoint, base_among(edges)]


def _fetch(context: Context, parts: list[Checkpoint]) -> None:
    for part in parts:
        fetch_checkpoint(part, on_progress=lambda done, total: None, cancelled=context.lost)


def _try(context: Context, parts: list[Checkpoint]) -> tuple[Report, list[str]]:
    base = settings.STATE_DIR / "runs"
    base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="smoke-", dir=base))
    try:
        path, base_path = lay_out(parts, folder, fetch=partial(_fetch, context, parts))
        (folder / "job").mkdir()
        job = Job(
            checkpoint_path=path,
            base_path=base_path,
            tasks=(_task(TEXT, "bits_per_byte"), _task(WORDS, "exact_match")),
            device=settings.HARNESS_DEVICE,
            threads=settings.HARNESS_THREADS,
            limits=Limits(
                wall_seconds=min(WALL_SECONDS, settings.HARNESS_WALL_SECONDS),
                stall_seconds=min(WALL_SECONDS, settings.HARNESS_STALL_SECONDS),
                rss_bytes=settings.HARNESS_MEMORY_MB * MEBIBYTE,
            ),
        )
        harness = get_harness(HARNESS, settings.HARNESS_PYTHON)
        report = harness.evaluate(
            job, folder / "job", on_progress=lambda _: None, cancelled=context.lost
        )
        return report, _answers(_measured(report, WORDS))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _task(task: str, metric: str) -> TaskSpec:
    return TaskSpec(
        recipe_digest=task, task=task, metric=metric, file=FOLDER / "smoke" / f"{task}.yaml"
    )


def _measured(report: Report, task: str) -> Measurement:
    return next(one for one in report.measurements if one.task == task)


def _answers(measurement: Measurement) -> list[str]:
    with gzip.open(measurement.samples_path, "rt", encoding="utf-8") as lines:
        return [str(json.loads(line)["resps"][0][0]) for line in lines]


def _failed(failure: HarnessFailure) -> Verdict:
    """What is the model's fault is a verdict; the hub's own is tried again or told as such."""
    if failure.code == "cancelled":
        raise Hindered("lease_lost", "Another worker took over.", retryable=True)
    if failure.whose != "submitter":
        raise Hindered(failure.code, failure.message, retryable=failure.retryable)
    fix = "Load it with the plain library, without its own code, and submit the commit that works."
    return Verdict(
        "failed", failure.message[:300], (Detail(failure.message, fix=fix),), code=failure.code
    )


def _verdict(context: Context, digest: str, report: Report, answers: list[str]) -> Verdict:
    bits = _measured(report, TEXT).value
    findings: dict[str, Any] = {"digest": digest, "bits_per_byte": bits}
    wrong = list(_degenerate(answers))
    vocabulary = (read_pinned_json(context, "config.json") or {}).get("vocab_size")
    bound = GUESSING
    if isinstance(vocabulary, int) and vocabulary > 1:
        bound = min(GUESSING, math.log2(vocabulary))
    doubtful = []
    if not math.isfinite(bits):
        wrong.append(Detail("Its perplexity is not a number: its weights hold NaN or infinity."))
    elif bits > bound:
        text = f"{bits:.2f} bits a byte on plain English; somebody who guesses pays {bound:.1f}."
        fix = "Was it trained on another language or layout? Say so; else the weights are broken."
        doubtful.append(Detail(text, found=f"{bits:.2f}", fix=fix))
    parent = _parents_bits(context)
    if parent is not None and bits > parent + WORSE_THAN_PARENT:
        text = f"{bits:.2f} bits a byte on plain English, its parent {parent:.2f}."
        fix = "Compare the conversion or the training with the parent before it is measured."
        doubtful.append(Detail(text, proposed=f"{parent:.2f}", found=f"{bits:.2f}", fix=fix))
    said = f"it loads, writes, and pays {bits:.2f} bits a byte on plain English."
    if wrong:
        return Verdict("failed", wrong[0].text, (*wrong, *doubtful), findings, "degenerate")
    if doubtful:
        return Verdict("warning", doubtful[0].text, tuple(doubtful), findings, "odd_perplexity")
    return Verdict("passed", said[0].upper() + said[1:], findings={**findings, "said": said})


def _degenerate(answers: list[str]) -> list[Detail]:
    symbols = Counter("".join(answers).replace(" ", ""))
    fix = "Generate with it once by hand; a wrong dtype or a broken conversion looks like this."
    if not symbols:
        return [Detail("It writes nothing at all.", fix=fix)]
    if len(symbols) < LEAST_SYMBOLS:
        only = next(iter(symbols))
        return [Detail(f"It writes nothing but {only!r}.", found=only, fix=fix)]
    return []


def _parents_bits(context: Context) -> float | None:
    """Of the first declared parent of its weights that was tried itself."""
    for edge in context.payload.get("edges", []):
        tried = Check.objects.filter(
            name=name,
            state__in=Check.GREEN,
            version__contribution__state="merged",
            version__contribution__subject__iexact=edge["parent_name"],
        )
        found = tried.order_by("-pk").values_list("findings__bits_per_byte", flat=True).first()
        if isinstance(found, float):
            return found
    return None
