"""Files as the lm_eval command line writes them, made of outcomes that a test chooses."""

import gzip
import hashlib
import io
import json
from collections.abc import Sequence
from typing import Any

from evaluations.actions.upload_results import upload_results
from evaluations.models import Recipe, Samples, Score, Upload
from hub.models import Checkpoint, User
from tests.factories import (
    make_benchmark_version,
    make_recipe,
    make_run,
    make_score,
    make_user,
)

QUESTIONS = [f"What is {number} + {number}?" for number in range(40)]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def document(number: int) -> dict[str, Any]:
    return {"id": number, "question": QUESTIONS[number]}


def doc_hash(number: int) -> str:
    return digest(json.dumps(document(number), indent=2, ensure_ascii=False))


def task_hash(count: int) -> str:
    return digest(
        "".join(doc_hash(n) + digest(QUESTIONS[n]) + digest(str(n)) for n in range(count))
    )


def results_file(
    outcomes: Sequence[float], *, task: str = "sums", commit: str = "", **changes: Any
) -> bytes:
    """`changes` replaces keys of the whole document; `config` and `row` are merged."""
    count = len(outcomes)
    value = sum(outcomes) / count
    spread = sum((x - value) ** 2 for x in outcomes) / (count - 1)
    row = {
        "alias": task,
        "acc,none": value,
        "acc_stderr,none": (spread / count) ** 0.5,
        **changes.pop("row", {}),
    }
    written = {
        "results": {task: row},
        "group_subtasks": {task: []},
        "configs": {
            task: {
                "task": task,
                "repeats": 1,
                "metric_list": [{"metric": "acc", "aggregation": "mean"}],
                **changes.pop("task_config", {}),
            }
        },
        "versions": {task: 1.0},
        "n-shot": {task: 0},
        "n-samples": {task: {"original": count, "effective": count}},
        "config": {
            "model": "hf",
            "model_sha": commit,
            "model_dtype": "torch.float32",
            "batch_size": "16",
            "limit": None,
            **changes.pop("config", {}),
        },
        "date": 1764000000.5,
        "lm_eval_version": "0.4.13",
        "transformers_version": "5.23.0",
        "chat_template_sha": None,
        "system_instruction_sha": None,
        "task_hashes": {task: task_hash(count)},
        "total_evaluation_time_seconds": "12.5",
    }
    return json.dumps({**written, **changes}, indent=2).encode()


def samples_lines(outcomes: Sequence[float], **changes: Any) -> bytes:
    lines = [
        {
            "doc_id": number,
            "doc": document(number),
            "target": str(number),
            "arguments": {"gen_args_0": {"arg_0": QUESTIONS[number]}},
            "resps": [[f" {number}"]],
            "filtered_resps": [f" {number}"],
            "filter": "none",
            "metrics": ["acc"],
            "doc_hash": doc_hash(number),
            "prompt_hash": digest(QUESTIONS[number]),
            "target_hash": digest(str(number)),
            "acc": outcome,
            **changes,
        }
        for number, outcome in enumerate(outcomes)
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def samples_file(
    outcomes: Sequence[float], *, task: str = "sums", packed: bool = False, **changes: Any
) -> tuple[str, io.BytesIO]:
    name, data = f"samples_{task}_2026-11-23T10-00-00.123.jsonl", samples_lines(outcomes, **changes)
    return (f"{name}.gz", io.BytesIO(gzip.compress(data))) if packed else (name, io.BytesIO(data))


def known_score(
    checkpoint: Checkpoint,
    outcomes: Sequence[float],
    *,
    recipe: Recipe | None = None,
    asked_by: User | None = None,
    **fields: Any,
) -> Score:
    """What the hub measured on the same questions."""
    if recipe is None:
        recipe = make_recipe(
            make_benchmark_version("sums", task="sums", sample_count=len(outcomes))
        )
    count = len(outcomes)
    value = sum(outcomes) / count
    spread = sum((x - value) ** 2 for x in outcomes) / (count - 1)
    run = make_run(checkpoint, [recipe], state="published", requested_by=asked_by or make_user())
    score = make_score(
        checkpoint,
        recipe,
        value,
        run=run,
        **{"n": count, "stderr": (spread / count) ** 0.5, "task_hash": task_hash(count)} | fields,
    )
    Samples.objects.create(
        score=score, outcomes=list(outcomes), doc_hashes=[doc_hash(n) for n in range(count)]
    )
    return score


def make_upload(
    checkpoint: Checkpoint, person: User, outcomes: Sequence[float] = (1.0, 0.0, 1.0)
) -> Upload:
    return upload_results(
        actor=person,
        checkpoint=checkpoint,
        results=results_file(outcomes, commit=checkpoint.commit),
        samples=[samples_file(outcomes)],
    )
