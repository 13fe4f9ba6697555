"""What a machine says of itself."""

import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from evaluations import machine
from evaluations.models import Worker
from tests import fast_harness  # noqa: F401 (registers itself)


def test_it_knows_its_processor_its_memory_and_how_much_of_it_is_its_own() -> None:
    told = machine.hardware()
    assert told["cpu"]
    assert 1 <= told["cores"] <= 4096
    assert told["memory_bytes"] > 10**8


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("", []),
        (
            "NVIDIA H100 80GB HBM3, 81559\nNVIDIA A2, 15356\n",
            [
                {"name": "NVIDIA H100 80GB HBM3", "memory_bytes": 81559 << 20},
                {"name": "NVIDIA A2", "memory_bytes": 15356 << 20},
            ],
        ),
        ("NVIDIA-SMI has failed", []),
    ],
)
def test_gpus_are_what_the_driver_lists(printed: str, expected: list[dict[str, object]]) -> None:
    script = f"print({printed!r}, end='')"
    assert machine.gpus((sys.executable, "-c", script)) == expected


def test_without_a_driver_there_is_no_gpu() -> None:
    assert machine.gpus(("/nonexistent/nvidia-smi",)) == []


def test_versions_of_harnesses_come_from_their_own_environment() -> None:
    told = machine.facts(("cpu",))
    assert told["harnesses"]["lm_eval"] == "0.4.13"
    assert told["harnesses"]["fast"] == "1"
    assert "torch" in told["versions"]
    assert "peft" in told["backends"]
    assert told["capabilities"] == ["network"]
    assert told["confinement"]["network"] in {"isolated", "open"}


def test_a_worker_that_evaluates_nothing_does_not_ask_the_harness() -> None:
    assert "harnesses" not in machine.facts(("default",))
    assert machine.evaluates(("default", "gpu"))


def test_without_a_harness_the_rest_is_still_told(settings: Settings) -> None:
    settings.HARNESS_PYTHON = Path("/nonexistent/python")
    machine.facts.cache_clear()
    told = machine.facts(("cpu",))
    machine.facts.cache_clear()
    assert set(told["harnesses"]) == {"fast"}
    assert told["backends"] == []
    assert told["hardware"]["cores"]


def test_the_facts_are_columns_of_a_worker() -> None:
    assert set(machine.facts(("cpu",))) <= {field.name for field in Worker._meta.fields}
