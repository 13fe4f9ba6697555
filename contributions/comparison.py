"""What the Changes section shows: a version, what it is compared with, and what others did meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contributions import proposals
from contributions.checks.tensors import table_of
from contributions.models import Check, Contribution, Version
from contributions.models.check import FIRST
from contributions.proposals.fields import Change, Payload
from contributions.proposals.protocol import Moved
from contributions.tensors import TensorChange, tensor_changes

BASE = "base"


@dataclass(frozen=True)
class Comparison:
    """`before` is a version's number, "base" (what an edit was written against), or empty."""

    version: Version
    before: str
    changes: Sequence[Change]
    tensors: Sequence[TensorChange]
    # What others changed since; None where nothing did, where it has no base, and after the end.
    moved: Moved | None
    # What it can be compared with: (value in the address, words).
    choices: Sequence[tuple[str, str]]

    @property
    def words(self) -> str:
        return dict(self.choices).get(self.before, "")


def read_comparison(
    contribution: Contribution,
    *,
    version: str = "",
    against: str = "",
    versions: Sequence[Version] | None = None,
) -> Comparison:
    """Numbers as they stand in the address. An edit is compared with its base, others with the
    version before. At most seven queries, however many versions.
    """
    proposal = proposals.get(contribution.kind)
    rows = list(contribution.versions.all()) if versions is None else list(versions)
    by_number = {str(row.number): row for row in rows}
    shown = by_number.get(version) or by_number[str(contribution.head)]
    previous = str(shown.number - 1)
    if against != BASE and (against not in by_number or against == str(shown.number)):
        against = BASE
    if against == BASE and not shown.base:
        against = previous if previous in by_number else ""
    before = _payload(shown, against, by_number)
    moved = None
    if contribution.is_live and shown.number == contribution.head:
        moved = proposal.moved(shown)
    return Comparison(
        version=shown,
        before=against,
        changes=[] if before is None else proposal.changes(before, shown.payload),
        tensors=_tensors(by_number.get(against), shown) if proposal.origin_kind == "model" else [],
        moved=moved,
        choices=_choices(shown, rows),
    )


def _payload(shown: Version, against: str, by_number: Mapping[str, Version]) -> Payload | None:
    if against == BASE:
        return dict(shown.base)
    return by_number[against].payload if against in by_number else None


def _choices(shown: Version, rows: Sequence[Version]) -> list[tuple[str, str]]:
    base = [(BASE, "the entry as it was")] if shown.base else []
    others = sorted(row.number for row in rows if row.number != shown.number)
    return base + [(str(number), f"version {number}") for number in others]


def _tensors(before: Version | None, after: Version) -> list[TensorChange]:
    """Of two checkpoints whose headers the origin check has read."""
    if before is None:
        return []
    found: dict[int, dict[str, Any]] = dict(
        Check.objects.filter(version__in=[before, after], name=FIRST).values_list(
            "version", "findings"
        )
    )
    old, new = found.get(before.pk, {}), found.get(after.pk, {})
    if old.get("commit") == new.get("commit"):
        return []
    was, became = table_of(old), table_of(new)
    return tensor_changes(was, became) if was and became else []
