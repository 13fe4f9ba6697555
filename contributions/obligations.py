"""What known licences oblige derivatives to: a lint's knowledge, not a lawyer's.

What follows from it is worded "needs review", never "violation". `obligations.json` holds the facts
with their sources; a licence that is not in it asks nothing that this lint could see. No Django.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A licence without a key of its own; its name is then asked for.
OTHER = "other"
_FACTS: Mapping[str, Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("obligations.json").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Obligations:
    """Texts are empty and flags false where the licence asks no such thing."""

    name_prefix: str = ""
    display_text: str = ""
    noncommercial: bool = False
    use_restrictions: bool = False
    # It also reaches models trained on what the model wrote.
    reaches_outputs: bool = False
    outputs_restricted: str = ""


def of_licence(key: str, name: str = "") -> Obligations:
    """By key, or by the stated name where the key is `other`."""
    facts = _FACTS.get(name.lower() if key == OTHER else key, {})
    known = {field: facts[field] for field in Obligations.__dataclass_fields__ if field in facts}
    return Obligations(**known)
