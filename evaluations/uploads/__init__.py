"""Results that somebody measured on their own machine: read, checked, and held against ours.

Everything in an uploaded file is a stranger's word. Nothing of it is loaded or run; it is parsed as JSON
within bounds, and what it says of itself is recomputed where it can be.
"""
