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
from hub.manifest import Manifest
from hub.models import User
from tests.contributions.stories import head_checks, submitted
from tests.factories import make_checkpoint, make_variant
from tests.repos import host
from tests.running import rows_of
from tests.toys import micro_model, variants_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return micro_model(tmp_path_factory)


@pytest.fixture(scope="session")
def variants(micro: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return variants_of(micro, tmp_path_factory)


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


def adapter_of(folder: Path) -> dict[str, bytes | None]:
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    named = json.loads(files["adapter_config.json"]) | {
        "base_model_name_or_path": "headwaters/spring"
    }
    absent = {"config.json": None, "model.safetensors": None, "tokenizer_config.json": None}
    return {**absent, **files, "adapter_config.json": json.dumps(named).encode()}


def on_spring(relation: str = "adapter") -> dict[str, Any]:
    edge = {"parent_name": "headwaters/spring", "relation": relation, "is_dataset": False}
    return {"edges": [{**edge, "parent_commit": ""}], "architecture": ""}


def test_an_adapter_is_tried_on_the_base_that_its_lineage_names(
    origin: str, ann: User, micro: Path, variants: Path
) -> None:
    adapter = adapter_of(variants / "adapter")
    check = tried(ann, adapter, **on_spring())
    assert (check.state, check.code) == ("skipped", "base_unknown")
    commit = host("headwaters/spring", files_of(micro)).sha
    manifest = Manifest.of(commit, [row for row in rows_of(micro) if row["path"] != "README.md"])
    make_checkpoint(make_variant("headwaters/spring"), manifest)
    host("sea/salt", adapter)
    on_base = checked(submitted(ann, "sea/salt", parameters=None, **on_spring()))
    assert on_base.state == "passed", on_base.summary
    host("sea/whole", {**files_of(micro), **files_of(variants / "merged")})
    merged = checked(submitted(ann, "sea/whole", parameters=None))
    bits = [each.findings["bits_per_byte"] for each in (on_base, merged)]
    assert bits[0] == pytest.approx(bits[1], abs=1e-4)
    # Without an edge nobody knows the base, whatever the adapter's own file says.
    nobody = checked(submitted(ann, "sea/salt", name="silent", parameters=None, architecture=""))
    assert (nobody.state, nobody.code) == ("skipped", "no_base")


def test_one_gguf_file_is_tried_and_of_several_none(origin: str, ann: User, variants: Path) -> None:
    files = {path.name: path.read_bytes() for path in (variants / "gguf").iterdir()}
    absent = {"config.json": None, "model.safetensors": None, "tokenizer_config.json": None}
    check = tried(ann, {**absent, **files}, architecture="")
    assert check.state in {"passed", "warning"}, check.summary
    assert check.findings["bits_per_byte"] > 0
    [name] = [name for name in files if name.endswith(".gguf")]
    host("sea/two", {**absent, **files, "other.gguf": files[name]})
    two = checked(submitted(ann, "sea/two", parameters=None, architecture=""))
    assert (two.state, two.code) == ("skipped", "several_files")
