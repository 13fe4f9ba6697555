"""The rules of the house that a machine can hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from importlinter.cli import lint_imports

from hub.lease import Leased
from hub.state import Stateful

ROOT = Path(__file__).resolve().parent.parent
APPS = ("hub", "evaluations", "contributions")


def sources() -> Iterator[Path]:
    for app in APPS:
        yield from (p for p in (ROOT / app).rglob("*.py") if "migrations" not in p.parts)


def test_imports_run_one_way() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_no_import_hides_inside_a_function() -> None:
    # Scripts for the harness's own interpreter choose what to import by what the job asks for.
    elsewhere = {"runner.py", "build.py"}
    # A process that shows no answers of models does without its 60 MB.
    late = ("pyarrow", "evaluations.answers.convert")
    hidden = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if path.name not in elsewhere
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        if not ast.unparse(node).split()[1].startswith(late)
    ]
    assert hidden == []


def stateful_models() -> list[type[Stateful]]:
    return [model for model in apps.get_models() if issubclass(model, Stateful)]


@pytest.mark.parametrize("model", stateful_models(), ids=lambda model: model.__name__)
def test_every_state_can_be_reached_from_the_first(model: type[Stateful]) -> None:
    field = model._meta.get_field("state")
    assert isinstance(field, models.CharField)
    seen, todo = set(), {str(field.default)}
    while todo:
        state = todo.pop()
        seen.add(state)
        todo |= set(model.MOVES[state]) - seen
    assert seen == set(model.MOVES)


@pytest.mark.parametrize(
    "model", [m for m in stateful_models() if issubclass(m, Leased)], ids=lambda m: m.__name__
)
def test_a_held_job_can_always_go_back_to_the_queue(model: type[Leased]) -> None:
    assert model.HELD_STATES
    for state in model.HELD_STATES:
        assert model.WAITING_STATE in model.MOVES[state]
