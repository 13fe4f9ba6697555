"""Who brought what here, and what of checks can be fetched again; registered when imported (apps.py)."""

from collections.abc import Iterable

from contributions.models import Contribution
from hub import eviction, lending
from hub.models import ModelVariant


def brought_by(variant: ModelVariant) -> Iterable[int]:
    """Authors of what was merged about it: their tokens may open its gate. One query."""
    merged = Contribution.objects.filter(variant=variant, state="merged", kind="add_variant")
    return merged.order_by().values_list("author", flat=True)


lending.sponsors.append(brought_by)
# What the origin check pinned: the same files that a checkpoint names once it is merged.
eviction.fetched_again.add("contributions.Check.findings")
