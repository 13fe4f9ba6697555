"""EleutherAI's lm-evaluation-harness, run by its Python interface in a process of its own."""

from evaluations.harness.lm_eval.harness import LmEvalHarness

__all__ = ["LmEvalHarness"]
