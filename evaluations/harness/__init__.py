"""Evaluation harnesses behind one protocol. Nothing in this package imports Django."""
