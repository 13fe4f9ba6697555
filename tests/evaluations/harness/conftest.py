from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from evaluations.harness.lm_eval import LmEvalHarness
from tests.toys import HARNESS_PYTHON, copy_of, micro_model


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model that nobody may change."""
    return micro_model(tmp_path_factory)


@pytest.fixture(scope="session")
def variants(micro: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as an adapter, merged with it, and as GGUF (variants.py; 4 s, once)."""
    folder = tmp_path_factory.mktemp("variants")
    script = Path(__file__).with_name("variants.py")
    subprocess.run([HARNESS_PYTHON, script, micro, folder], capture_output=True, check=True)
    return folder


@pytest.fixture
def spoilt(micro: Path, tmp_path: Path) -> Path:
    """A copy of it to change at will."""
    return copy_of(micro, tmp_path / "checkpoint")


@pytest.fixture(scope="session")
def harness() -> LmEvalHarness:
    return LmEvalHarness(HARNESS_PYTHON)
