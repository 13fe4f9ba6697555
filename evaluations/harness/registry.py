"""The harnesses this hub can run: name -> how to make one for an interpreter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evaluations.harness.inspect import InspectHarness
from evaluations.harness.lm_eval import LmEvalHarness
from evaluations.harness.protocol import Harness

HARNESSES: dict[str, Callable[[Path], Harness]] = {
    "lm_eval": LmEvalHarness,
    "inspect": InspectHarness,
}


def get_harness(name: str, interpreter: Path) -> Harness:
    """The named harness, run by `interpreter`; KeyError where there is none of that name."""
    return HARNESSES[name](interpreter)
