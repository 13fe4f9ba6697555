"""What runs hold of the store, so that nothing evicts it; registered when this is imported (apps.py)."""

from collections.abc import Collection, Iterable

from evaluations.models import Run
from hub import eviction


def held_by_runs(digests: Collection[str]) -> Iterable[str]:
    """Those of `digests` that a run on some worker reads, or is about to. One query."""
    held = Run.objects.filter(state__in=Run.HELD_STATES).order_by()
    files = held.values_list("checkpoint__files", "checkpoint__base__files")
    used = {row["sha256"] for pair in files for part in pair for row in part or ()}
    return used & set(digests)


eviction.holders.append(held_by_runs)
