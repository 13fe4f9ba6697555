"""Real workers against servers of their own, while everything around them breaks.

    python -m tests.chaos --seconds 120 --seed 7

The faults and their order are seeded, their timing is not. tests/flows/test_chaos.py runs it in small.
"""
