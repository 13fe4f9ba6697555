"""The real harness on real, tiny models: what loads and writes passes, what is broken says how."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from contributions.actions.check import run_check
from contributions.checks import smoke
from contributions.models import Check, Contribution
from hub.models import User
from tests.contributions.stories import head_checks, submitted
from tests.repos import host
from tests.toys import micro_model

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return micro_model(tmp_path_factory)


@pytest.fixture(autouse=True)
def trying(settings: Settings) -> None:
    settings.SMOKE_MAX_BYTES = 2**30


def files_of(model: Path, **replaced: bytes) -> dict[str, bytes | None]:
    files: dict[str, bytes | None] = {
        "tokenizer_config.json": None,
        **{path.name: path.read_bytes() for path in model.iterdir() if path.is_file()},
    }
    return {**files, **{name.replace("__", "."): data for name, data in replaced.items()}}


def tried(author: User, files: Mapping[str, bytes | None], **proposed: Any) -> Check:
    host("headwaters/brook", files)
    return checked(submitted(author, **{"parameters": None, **proposed}))


def checked(contribution: Contribution) -> Check:
    for name in ("origin", "files", "smoke"):
        run_check(check_id=head_checks(contribution)[name].pk, worker="test")
    return head_checks(contribution)["smoke"]


def filled_with(weights: bytes, value: float) -> bytes:
    """The same tensors, every number the same."""
    length = int.from_bytes(weights[:8], "little")
    count = (len(weights) - 8 - length) // 4
    return weights[: 8 + length] + struct.pack("<f", value) * count


def test_a_real_model_passes_and_is_not_tried_twice(
    origin: str, ann: User, micro: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = tried(ann, files_of(micro))
    assert (check.state, check.summary[:9]) == ("passed", "It loads,")
    assert 0 < check.findings["bits_per_byte"] < smoke.GUESSING
    monkeypatch.setattr(smoke, "get_harness", None)
    host("sea/salt", files_of(micro))
    again = checked(submitted(ann, "sea/salt", parameters=None))
    assert (again.state, "tried before" in again.summary) == ("passed", True)


def test_weights_that_are_not_numbers_fail(origin: str, ann: User, micro: Path) -> None:
    weights = filled_with((micro / "model.safetensors").read_bytes(), float("nan"))
    check = tried(ann, files_of(micro, model__safetensors=weights))
    assert (check.state, check.whose) == ("failed", "submitter")


def test_weights_that_are_all_zero_write_one_symbol(origin: str, ann: User, micro: Path) -> None:
    weights = filled_with((micro / "model.safetensors").read_bytes(), 0.0)
    check = tried(ann, files_of(micro, model__safetensors=weights))
    assert (check.state, check.code) == ("failed", "degenerate")


def test_what_needs_its_own_code_does_not_load(origin: str, ann: User, micro: Path) -> None:
    config = json.loads((micro / "config.json").read_bytes())
    config |= {"model_type": "brook", "auto_map": {"AutoModelForCausalLM": "modeling.Brook"}}
    files = files_of(micro, config__json=json.dumps(config).encode())
    check = tried(ann, {**files, "modeling.py": b"raise SystemExit"})
    assert (check.state, check.code) == ("failed", "needs_own_code")


def test_what_is_too_large_to_try_is_left_to_the_run(
    origin: str, ann: User, settings: Settings
) -> None:
    settings.SMOKE_MAX_BYTES = 10
    check = tried(ann, {})
    assert (check.state, check.code) == ("skipped", "too_large")


def test_a_harness_that_is_not_there_is_the_hubs_turn(
    origin: str, ann: User, settings: Settings, tmp_path: Path
) -> None:
    settings.HARNESS_PYTHON = tmp_path / "none"
    settings.MAX_ATTEMPTS = 1
    check = tried(ann, {})
    assert (check.state, check.whose) == ("errored", "hub")


def test_nothing_is_tried_that_the_file_check_refused(origin: str, ann: User) -> None:
    check = tried(ann, {"config.json": None})
    assert (check.state, check.started_at is None) == ("skipped", False)
