"""The builder, on the smallest model; the demonstration models differ from it in numbers only."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from evaluations.harness.lm_eval.preflight import inspect_folder
from evaluations.toys.plan import BY_NAME, DATASET, WAVES
from tests.toys import build_toys, micro_model


def test_a_model_is_built_once_alike_each_time_and_readable_by_others(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, second = micro_model(tmp_path_factory), tmp_path / "micro"
    build_toys(str(second), "--micro")
    weights = second / "model.safetensors"
    assert weights.stat().st_mode & 0o777 == 0o644
    assert digest(weights) == digest(first / "model.safetensors")
    (second / "README.md").write_text("changed")
    build_toys(str(second), "--micro")
    assert (second / "README.md").read_text() == "changed"
    found = inspect_folder(second)
    assert found.ok
    assert found.model_type == "llama"
    assert not [path for path in second.iterdir() if path.name.startswith(".")]


def test_cards_name_their_parents_as_the_plan_does() -> None:
    for repository in (item for wave in WAVES for item in wave):
        text = repository.card.text()
        front = text.split("---\n")[1]
        assert (f"- {DATASET}\n" in front) == repository.card.on_dataset
        assert ("base_model:" in front) == bool(repository.source)
        if repository.source:
            assert f"base_model: {repository.source}\n" in front
        if repository.training:
            assert str(repository.training["steps"]) in repository.card.making


def test_a_wave_needs_only_earlier_waves() -> None:
    built = {""}
    for wave in WAVES:
        assert {item.source for item in wave} <= built
        built |= {item.name for item in wave}


def test_a_model_is_built_again_when_its_plan_or_its_parent_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base, instruct = BY_NAME["headwaters/brook-base"], BY_NAME["headwaters/brook-instruct"]
    other = replace(base, training={"steps": 1})
    assert other.digest() != base.digest()
    before = instruct.digest()
    monkeypatch.setitem(BY_NAME, base.name, other)
    assert instruct.digest() != before


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
