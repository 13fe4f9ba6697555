from __future__ import annotations

from pathlib import Path

import pytest

from evaluations.harness.lm_eval import LmEvalHarness
from tests.toys import HARNESS_PYTHON, copy_of, micro_model, variants_of


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model that nobody may change."""
    return micro_model(tmp_path_factory)


@pytest.fixture(scope="session")
def variants(micro: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return variants_of(micro, tmp_path_factory)


@pytest.fixture
def spoilt(micro: Path, tmp_path: Path) -> Path:
    """A copy of it to change at will."""
    return copy_of(micro, tmp_path / "checkpoint")


@pytest.fixture(scope="session")
def harness() -> LmEvalHarness:
    return LmEvalHarness(HARNESS_PYTHON)
