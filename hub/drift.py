"""Whether what the hub measured is still what lies at the origin: read, never copied.

`on_change` is called with an entry and its new changes, once they are committed; apps above append to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q

from hub.models import Checkpoint, Dataset, ModelVariant, OriginChange
from hub.models.entry import OriginState

SHOWN = 20
NEWER = "newer_commit"
# What a row of a board says of its checkpoint, in words.
MARKS: dict[str, str] = {
    NEWER: "older commit",
    OriginState.REPLACED: "replaced at its origin",
    OriginState.GONE: "gone from its origin",
}

on_change: list[Callable[[ModelVariant | Dataset, Sequence[OriginChange]], object]] = []


def older(prefix: str = "") -> Q:
    """Checkpoints that are not what lies at their origin now. `prefix` leads to a checkpoint.

    A commit of prose alone has the same digest, and is the same thing to measure.
    """

    def at(name: str) -> str:
        return f"{prefix}{name}"

    known = ~Q(**{at("variant__origin_commit"): ""})
    other = ~Q(**{at("commit"): F(at("variant__origin_commit"))})
    bytes_differ = ~Q(**{at("digest"): F(at("variant__origin_digest"))})
    replaced = Q(**{at("variant__origin_state"): OriginState.REPLACED})
    return (known & other & bytes_differ) | replaced


def is_older(checkpoint: Checkpoint) -> bool:
    """The same of one checkpoint whose variant is at hand."""
    variant = checkpoint.variant
    if variant.origin_state == OriginState.REPLACED:
        return True
    known = variant.origin_commit not in {"", checkpoint.commit}
    return known and checkpoint.digest != variant.origin_digest


def marks_of(checkpoints: Sequence[int]) -> dict[int, str]:
    """Of these (primary keys) those that are not what lies at their origin: one of MARKS. One query.

    `evaluations/standing_json.py` says the same in SQL.
    """
    is_gone = Q(variant__origin_state=OriginState.GONE)
    rows = Checkpoint.objects.filter(older() | is_gone, pk__in=checkpoints).order_by()
    states = rows.values_list("pk", "variant__origin_state")
    return {pk: state if state in MARKS else NEWER for pk, state in states}


@dataclass(frozen=True)
class OriginNews:
    """What an entry's page says of its origin; `is_older` is of the checkpoint that is shown."""

    entry: Any
    checkpoint: Checkpoint | None
    changes: Sequence[OriginChange]

    @property
    def is_gone(self) -> bool:
        return bool(self.entry.origin_state == OriginState.GONE)

    @property
    def is_replaced(self) -> bool:
        return bool(self.entry.origin_state == OriginState.REPLACED)

    @property
    def is_gated(self) -> bool:
        return bool(self.entry.origin_state == OriginState.GATED)

    @property
    def is_older(self) -> bool:
        return self.checkpoint is not None and is_older(self.checkpoint)

    @property
    def may_be_measured(self) -> bool:
        """A newer commit of the very repository, which is there to be read."""
        there = self.entry.origin_state in {OriginState.HERE, OriginState.GATED}
        return self.is_older and there and self.entry.state == "published"


def news_of(entry: ModelVariant | Dataset, checkpoint: Checkpoint | None = None) -> OriginNews:
    """The newest changes first. One query."""
    return OriginNews(entry, checkpoint, list(entry.origin_changes.all()[:SHOWN]))
