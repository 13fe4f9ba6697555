"""The second harness loads with code of its own: what guards the first one has to stand there too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluations.harness.inspect import InspectHarness
from evaluations.harness.protocol import Job, Limits
from tests.evaluations.harness.hostile_models import (
    ESCAPE,
    MARK,
    catastrophic_regex,
    forget_a_weight,
    plant_code,
    template,
)
from tests.evaluations.harness.jobs import failure_of, make_job, make_spec, run, samples_of
from tests.toys import HARNESS_PYTHON


@pytest.fixture(scope="module")
def inspect() -> InspectHarness:
    return InspectHarness(HARNESS_PYTHON)


def job(checkpoint: Path, **changes: Any) -> Job:
    spec = make_spec("tributary-dialogue", limit=4, apply_chat_template=True)
    return make_job(checkpoint, spec, batch_size=4, **changes)


def test_nothing_of_a_repository_runs_or_changes_an_answer(
    inspect: InspectHarness, micro: Path, spoilt: Path, tmp_path: Path
) -> None:
    plant_code(spoilt)
    (spoilt / "generation_config.json").write_text('{"repetition_penalty": 9.0, "do_sample": true}')
    [plain] = run(inspect, job(micro), tmp_path / "plain").measurements
    [told] = run(inspect, job(spoilt), tmp_path / "told").measurements
    assert samples_of(plain) == samples_of(told)
    assert not list((tmp_path / "told").rglob(MARK))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (template(ESCAPE), "not_a_model"),
        (catastrophic_regex, "not_a_model"),
        (forget_a_weight, "config_mismatch"),
    ],
    ids=["template that escapes", "regex", "weights that are missing"],
)
def test_a_repository_that_does_not_work_is_to_blame_itself(
    inspect: InspectHarness,
    spoilt: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    code: str,
) -> None:
    spoil(spoilt)
    limits = Limits(stall_seconds=30)
    failure = failure_of(inspect, job(spoilt, limits=limits), tmp_path / "work")
    assert (failure.code, failure.whose) == (code, "submitter"), failure.log_tail


def test_the_base_that_an_adapter_names_is_not_loaded(
    inspect: InspectHarness, micro: Path, variants: Path, tmp_path: Path
) -> None:
    failure = failure_of(inspect, job(variants / "adapter", base_path=micro), tmp_path)
    assert (failure.code, "no adapters" in failure.message) == ("bad_job", True)
