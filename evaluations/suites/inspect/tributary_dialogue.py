"""The demo's arithmetic as a chat, the way Inspect asks. Read by the harness's interpreter only."""

from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import pattern
from inspect_ai.solver import generate

# Named whole, so that the digest of this file covers it (suites/loader.py).
QUESTIONS = "../demo/tributary_arithmetic.test.jsonl"


@task
def tributary_dialogue() -> Task:
    path = Path(__file__).parent / QUESTIONS
    return Task(
        dataset=json_dataset(str(path), FieldSpec(input="question", target="answer", id="id")),
        solver=generate(),
        scorer=pattern(r"^\s*(-?\d+)"),
        config=GenerateConfig(max_tokens=6),
        version="1",
    )
