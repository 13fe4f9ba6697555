"""The automatic checks: a module of one shape each (verdict.AutomaticCheck), and one line each here."""

from collections.abc import Mapping

from contributions.checks import card, duplicates, file_safety, licence, origin
from contributions.checks.verdict import AutomaticCheck

CHECKS: Mapping[str, AutomaticCheck] = {
    "origin": origin,
    "files": file_safety,
    "card": card,
    "licence": licence,
    "duplicates": duplicates,
}


def get(name: str) -> AutomaticCheck:
    return CHECKS[name]
