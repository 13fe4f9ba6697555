"""The automatic checks: a module of one shape each (verdict.AutomaticCheck), and one line each here."""

from collections.abc import Mapping

from contributions.checks import (
    card,
    contamination,
    definition,
    duplicates,
    file_safety,
    licence,
    lineage,
    origin,
    pickles,
    secrets,
    smoke,
)
from contributions.checks.verdict import AutomaticCheck

CHECKS: Mapping[str, AutomaticCheck] = {
    "origin": origin,
    "files": file_safety,
    "pickles": pickles,
    "secrets": secrets,
    "card": card,
    "licence": licence,
    "lineage": lineage,
    "duplicates": duplicates,
    "definition": definition,
    "contamination": contamination,
    "smoke": smoke,
}


def get(name: str) -> AutomaticCheck:
    return CHECKS[name]


def queue_of(name: str) -> str:
    """Where its messages go: to workers that have what it needs."""
    return str(getattr(CHECKS[name], "QUEUE", "default"))
