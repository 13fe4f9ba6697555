"""Scores whose answers are kept, made as a worker makes them: JSON lines of a harness, converted, stored."""

import gzip
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluations.answers.convert import write_parquet
from evaluations.answers.store import keep
from evaluations.models import Recipe, Samples, Score
from hub.models import Checkpoint
from tests.factories import make_checkpoint, make_recipe, make_score


def doc_hash(doc: Any) -> str:
    """As lm_eval computes it."""
    return hashlib.sha256(json.dumps(doc, indent=2, ensure_ascii=False).encode()).hexdigest()


def line_of(
    number: int, answers: Sequence[str], outcome: float, *, metric: str = "acc", **changes: Any
) -> dict[str, Any]:
    """One line as the harness writes it for a question that is answered in words."""
    doc = changes.pop("doc", {"question": f"Question {number}", "answer": "42"})
    return {
        "task": "task",
        "seed": 1234,
        "doc_id": number,
        "doc": doc,
        "target": "42",
        "arguments": [[f"Question {number}\nAnswer:", {"until": []}]],
        "resps": [list(answers)],
        "filtered_resps": [answers[0]],
        "filter": "none",
        "doc_hash": doc_hash(doc),
        metric: outcome,
        **changes,
    }


def write_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line) + "\n")
    return path


def kept(
    seeds: Sequence[Sequence[Mapping[str, Any]]],
    outcomes: Sequence[float],
    *,
    metric: str = "acc",
    filter_name: str = "none",
) -> str:
    """The answers of each seed, kept; SHA-256."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = [
            write_lines(folder / f"{number}.jsonl.gz", lines) for number, lines in enumerate(seeds)
        ]
        write_parquet(
            sources,
            folder / "answers.parquet",
            metric=metric,
            filter_name=filter_name,
            doc_hashes=[line["doc_hash"] for line in seeds[0] if line["filter"] == filter_name],
            outcomes=outcomes,
        )
        return keep(folder / "answers.parquet")


def answered_score(
    answers: Sequence[str],
    outcomes: Sequence[float],
    *,
    checkpoint: Checkpoint | None = None,
    recipe: Recipe | None = None,
    lines: Sequence[Mapping[str, Any]] = (),
) -> Score:
    """A published score of one answer a question; `lines` where the questions matter too."""
    recipe = recipe or make_recipe()
    version = recipe.benchmark_version
    lines = lines or [
        line_of(number, [text], outcome, metric=version.metric, filter=version.filter)
        for number, (text, outcome) in enumerate(zip(answers, outcomes, strict=True))
    ]
    score = make_score(
        checkpoint or make_checkpoint(),
        recipe,
        sum(outcomes) / len(outcomes),
        n=len(outcomes),
        stderr=0.01,
    )
    Samples.objects.create(
        score=score,
        outcomes=list(outcomes),
        doc_hashes=[line["doc_hash"] for line in lines],
        raw_sha256=kept([lines], outcomes, metric=version.metric, filter_name=version.filter),
    )
    return score
