"""Files of the pinned commit. The origin check put the small ones into the store: no network here."""

from collections.abc import Mapping
from typing import Any

from contributions.checks.verdict import Context
from contributions.proposals.card_facts import CONFIG_BYTES, json_object
from hub import store


def read_pinned_json(context: Context, path: str) -> Mapping[str, Any] | None:
    """The object in `path` of the pinned commit; None where there is none that can be read."""
    for row in context.pinned["manifest"]["files"]:
        if row["path"] == path and row["size"] <= CONFIG_BYTES:
            kept = store.default()
            if kept.has(row["sha256"]):
                with kept.open(row["sha256"]) as file:
                    return json_object(file.read())
    return None
