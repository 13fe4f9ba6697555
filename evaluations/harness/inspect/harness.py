"""The worker's side: what differs from lm_eval is the program that the child runs."""

from __future__ import annotations

from pathlib import Path

from evaluations.harness.lm_eval import LmEvalHarness

RUNNER = Path(__file__).with_name("child.py")


class InspectHarness(LmEvalHarness):
    """Inspect under `interpreter`: the same job files, events, limits and results, other tasks."""

    name = "inspect"
    packages = ("inspect_ai", "torch", "transformers", "tokenizers", "accelerate")

    def __init__(self, interpreter: Path, *, runner: Path = RUNNER) -> None:
        super().__init__(interpreter, runner=runner)

    def versions(self) -> dict[str, str]:
        """Versions by package metadata; the harness's own under its name."""
        found = super().versions()
        return {"inspect": found.pop("inspect_ai", ""), **found}
