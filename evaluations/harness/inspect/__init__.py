"""Inspect, run by its Python interface in a process of its own: the second harness."""

from evaluations.harness.inspect.harness import InspectHarness

__all__ = ["InspectHarness"]
