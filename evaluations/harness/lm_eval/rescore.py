"""Kept answers in the place of a model: a newer scorer judges them as it would judge the model's own.

Imported by backends.py in the harness's interpreter. The folder of the "checkpoint" holds answers.parquet
(evaluations/answers/convert.py says which columns) and, where prompts went through the model's chat
template, its tokenizer. lm_eval builds, filters and sums up as ever; only who answers is another.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet
import torch
import transformers
from lm_eval.api.model import LM
from lm_eval.models.huggingface import HFLM
from refusing import Refused

STORED = "stored"
ANSWERS = "answers.parquet"
# As evaluations/answers/convert.py has them.
MOST_SETTINGS, LONGEST_SETTING = 64, 4096
COLUMNS = ["task", "seed", "doc_id", "prompt", "form", "requests", "asked", "answers", "whole"]

Row = dict[str, Any]


def load_answers(job: dict[str, Any]) -> Stored:
    folder = Path(job["checkpoint"])
    given = dict(job["backend_args"])
    arguments = dict(given.get("chat_template_args") or {})
    if "enable_thinking" in given:
        arguments["enable_thinking"] = given["enable_thinking"]
    tokenizer = None
    if any(task["apply_chat_template"] for task in job["tasks"]):
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    return Stored(*read_answers(folder / ANSWERS), tokenizer, arguments)


def read_answers(path: Path) -> tuple[dict[tuple[str, int, int], Row], set[str]]:
    """By task, seed and number of the document; and arguments of generation as they were kept: none
    where the file is older than that, or where there were too many."""
    with pyarrow.parquet.ParquetFile(path) as file:
        rows = file.read(columns=COLUMNS, use_threads=False).to_pylist()
        told = json.loads((file.metadata.metadata or {}).get(b"generation", b"[]"))
    settings = set(told) if len(told) < MOST_SETTINGS else set()
    return {(row["task"], row["seed"], row["doc_id"]): row for row in rows}, settings


class Stored(LM):  # type: ignore[misc]
    """Answers by document, number of the request and of the repeat; Refused where the question is not
    the one that was answered: what other prompts come to is another protocol, not another scorer."""

    # As a model of transformers does it, which rendered what is compared here.
    apply_chat_template = HFLM.apply_chat_template
    chat_template = HFLM.chat_template

    def __init__(
        self,
        rows: dict[tuple[str, int, int], Row],
        settings: set[str],
        tokenizer: Any = None,
        chat_template_args: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.rows = rows
        self.settings = settings
        self.tokenizer = tokenizer
        self.chat_template_args = chat_template_args or {}
        self.tasks = {task for task, _, _ in rows}

    @property
    def tokenizer_name(self) -> str:
        return "stored"

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[Any]:  # noqa: FBT001
        return self._answered(requests, "text")

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> list[Any]:  # noqa: FBT001
        return [tuple(answer) for answer in self._answered(requests, "json")]

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = False) -> list[Any]:  # noqa: FBT001
        return self._answered(requests, "json")

    def _answered(self, requests: list[Any], form: str) -> list[Any]:
        drawn: Counter[int] = Counter()
        found = []
        for request in requests:
            row = self._row_of(request, form)
            # lm_eval asks a request as often as it is to be repeated, each time as the same object.
            found.append(answer_of(row, request, drawn[id(request)]))
            refuse_other_settings(self.settings, request)
            drawn[id(request)] += 1
        return found

    def _row_of(self, request: Any, form: str) -> Row:
        task = str(request.task_name)
        if task not in self.tasks and len(self.tasks) == 1:
            # A contributed benchmark's task is called after its version.
            (task,) = self.tasks
        # What lm_eval seeded this evaluation with: each seed has answers of its own.
        row = self.rows.get((task, torch.initial_seed(), request.doc_id))
        if row is None:
            raise Refused("bad_job", f"{named(request)} was never asked: other documents.")
        if not row["whole"]:
            raise Refused("bad_job", f"{named(request)} was cut for its size when it was kept.")
        if row["form"] != form:
            raise Refused("bad_job", f"{named(request)} was answered in another form.")
        return row


def answer_of(row: Row, request: Any, draw: int) -> Any:
    """One of a row's answers: text, or the numbers that a model gave."""
    refuse_other_question(row, request)
    repeats, odd = divmod(len(row["answers"]), row["requests"])
    if odd or draw >= repeats or request.repeats != repeats or request.idx >= row["requests"]:
        raise Refused("bad_job", f"{named(request)} was asked another number of times.")
    answer = row["answers"][request.idx * repeats + draw]
    if row["form"] == "json":
        return json.loads(answer)
    refuse_other_end(answer, request)
    return answer


def refuse_other_question(row: Row, request: Any) -> None:
    """A model that continues was shown (context, continuation); where contexts differ from choice to
    choice, the two are kept as one text."""
    told = [text for text in request.args if isinstance(text, str)]
    asked = row["asked"]
    if len(told) == 2 and request.idx < len(asked):
        kept = asked[request.idx]
        same = kept == told[0] + told[1] or (row["prompt"], kept) == tuple(told)
    else:
        same = told == [row["prompt"]] and not asked
    if not same:
        message = f"{named(request)} is asked in other words: another protocol, not another scorer."
        raise Refused("bad_job", message)


def refuse_other_end(answer: str, request: Any) -> None:
    """An answer ends where its protocol says: one that goes on behind a stop was asked under another."""
    settings = next((part for part in request.args if isinstance(part, dict)), {})
    stops = settings.get("until") or []
    if any(stop in answer for stop in ([stops] if isinstance(stops, str) else stops) if stop):
        message = f"{named(request)} is to end elsewhere: another protocol, not another scorer."
        raise Refused("bad_job", message)


def refuse_other_settings(kept: set[str], request: Any) -> None:
    settings = next((part for part in request.args if isinstance(part, dict)), None)
    if kept and settings is not None and told_as_kept(settings) not in kept:
        message = f"{named(request)} is to be answered under other settings: another protocol."
        raise Refused("bad_job", message)


def told_as_kept(settings: Row) -> str:
    """As evaluations/answers/convert.py writes them."""
    return json.dumps(settings, sort_keys=True)[:LONGEST_SETTING]


def named(request: Any) -> str:
    return f"Document {request.doc_id} of {request.task_name}"
