"""Benchmarks that people declare: data, a template that can only substitute, and how answers are judged.

The hub renders every prompt itself, in a process with limits (sandbox.py), and hands the harness
finished text with a task file of its own (task.py): nothing that a member wrote is evaluated there.
"""
