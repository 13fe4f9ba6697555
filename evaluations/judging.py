"""One score's kept answers before another scorer: the harness runs as ever, and nobody loads a model."""

import shutil
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path

from django.conf import settings

from evaluations.answers import store
from evaluations.bases import lay_out, parts_of
from evaluations.harness.protocol import Cancelled, HarnessFailure, Report
from evaluations.harness.registry import get_harness
from evaluations.jobs import job_for
from evaluations.models import Recipe, Score
from hub.lending import sponsors_of, with_tokens_of
from hub.origins import OriginError
from hub.origins.fetch import fetch_checkpoint

# What the harness's child calls it (harness/lm_eval/rescore.py).
STORED, ANSWERS = "stored", "answers.parquet"
TEMPLATE_ARGUMENTS = ("chat_template_args", "enable_thinking")


def judge(score: Score, recipe: Recipe, folder: Path, *, cancelled: Cancelled) -> Report:
    """What `recipe`'s scorer finds in the answers that `score` was made of: a report of one measurement.
    Files lie below `folder`.

    Raises HarnessFailure: bad_job where they cannot be judged, with a reason for people; unavailable
    and disk_full where this machine is to blame.
    """
    stored = copy(recipe)
    stored.backend = STORED
    stored.backend_args = {
        name: value for name, value in recipe.backend_args.items() if name in TEMPLATE_ARGUMENTS
    }
    for name in ("job", "checkpoint", "base"):
        shutil.rmtree(folder / name, ignore_errors=True)
    path = folder / "checkpoint"
    if recipe.apply_chat_template:
        path = _with_tokenizer(score, stored, folder, cancelled)
    path.mkdir(parents=True, exist_ok=True)
    _bring_answers(score, path / ANSWERS)
    # No GPU: nothing is computed but scores.
    job = replace(job_for([stored], path, None, name=""), device="cpu")
    workdir = folder / "job"
    workdir.mkdir()
    harness = get_harness(recipe.benchmark_version.harness, settings.HARNESS_PYTHON)
    report = harness.evaluate(job, workdir, on_progress=lambda _: None, cancelled=cancelled)
    [found] = report.measurements
    if found.n != score.n:
        message = f"It judges {found.n} documents, and {score.n} were answered."
        raise HarnessFailure("bad_job", message)
    return report


def _bring_answers(score: Score, target: Path) -> None:
    kept = getattr(score, "samples", None)
    if kept is None or not kept.raw_sha256:
        raise HarnessFailure("bad_job", "Its answers were not kept.")
    try:
        store.copy_out(kept.raw_sha256, target)
    except FileNotFoundError as error:
        raise HarnessFailure("bad_job", "Its answers are not where they were kept.") from error
    except OSError as error:
        # Of our own disk with a number; what the storage of answers says has none.
        code = "unavailable" if error.errno is None else "disk_full"
        raise HarnessFailure(code, f"Its answers cannot be read now ({error}).") from error


def _with_tokenizer(score: Score, recipe: Recipe, folder: Path, cancelled: Cancelled) -> Path:
    """The folder with the tokenizer, whose template laid the prompts out: without it nobody can tell
    whether the scorer's questions are those that were answered. No weights are brought."""
    parts = parts_of(score.checkpoint, [recipe])

    def fetch() -> None:
        for part in parts:
            with_tokens_of(
                {score.run.requested_by_id, *sponsors_of(part.variant)},
                part.variant.repo_id,
                partial(fetch_checkpoint, part, on_progress=lambda *_: None, cancelled=cancelled),
            )

    try:
        fetch()
        own, base = lay_out(parts, folder, fetch=fetch)
    except OriginError as error:
        message = f"Its prompts went through the model's chat template, which cannot be had: {error.message}"
        raise HarnessFailure("unavailable" if error.retryable else "bad_job", message) from error
    return own if base is None or (own / "tokenizer_config.json").exists() else base
