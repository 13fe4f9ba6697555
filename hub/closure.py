"""All that a variant descends from, and all that descends from an entry: two queries, however deep.

`ancestry.py` draws the near family; this is for what travels the whole way: obligations, disputes,
contamination, credit.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from hub.models import Dataset, LineageEdge, ModelVariant

# A family beyond this is cut; nothing that a page or a check says needs more.
MOST_EDGES = 10_000

# UNION, not UNION ALL: each edge once, so cycles end and diamonds do not multiply.
UP = """
WITH RECURSIVE up (id, parent) AS (
    SELECT id, parent_id FROM hub_lineageedge WHERE child_id = ANY(%s)
    UNION
    SELECT edge.id, edge.parent_id FROM hub_lineageedge edge JOIN up ON edge.child_id = up.parent
)
SELECT id FROM up LIMIT %s
"""
DOWN = """
WITH RECURSIVE down (id, child) AS (
    SELECT id, child_id FROM hub_lineageedge
    WHERE parent_id = ANY(%s) OR parent_dataset_id = ANY(%s)
    UNION
    SELECT edge.id, edge.child_id FROM hub_lineageedge edge JOIN down ON edge.parent_id = down.child
)
SELECT id FROM down LIMIT %s
"""


@dataclass(frozen=True)
class Ancestor:
    """An entry above, and the shortest way to it: the edges from the variant upward."""

    entry: ModelVariant | Dataset
    path: tuple[LineageEdge, ...]

    @property
    def via(self) -> list[str]:
        """The names in between, nearest first; empty for a parent."""
        return [edge.parent_name for edge in self.path[:-1]]


def edges_above(variants: Collection[int]) -> list[LineageEdge]:
    """Every edge on the way up, those to parents that are not here included."""
    return _edges(UP, [list(variants), MOST_EDGES])


def edges_below(
    *, variants: Collection[int] = (), datasets: Collection[int] = ()
) -> list[LineageEdge]:
    """Every edge on the way down."""
    return _edges(DOWN, [list(variants), list(datasets), MOST_EDGES])


def ancestors_of(variant: ModelVariant) -> list[Ancestor]:
    """Variants and datasets above, each once, the nearest first."""
    return climb([variant.pk], edges_above([variant.pk]))


def climb(start: Iterable[int], edges: Iterable[LineageEdge]) -> list[Ancestor]:
    """The same, from edges that were read already; `start` are the variants' keys."""
    by_child: dict[int, list[LineageEdge]] = {}
    for edge in edges:
        by_child.setdefault(edge.child_id, []).append(edge)
    found: dict[tuple[type, int], Ancestor] = {}
    waiting: deque[tuple[int, tuple[LineageEdge, ...]]] = deque((pk, ()) for pk in start)
    seen = {pk for pk, _ in waiting}
    while waiting:
        child, way = waiting.popleft()
        for edge in by_child.get(child, ()):
            entry = edge.parent or edge.parent_dataset
            if entry is None or (type(entry), entry.pk) in found:
                continue
            if edge.parent_id is not None:
                if edge.parent_id in seen:
                    continue
                seen.add(edge.parent_id)
                waiting.append((edge.parent_id, (*way, edge)))
            found[type(entry), entry.pk] = Ancestor(entry, (*way, edge))
    return list(found.values())


def _edges(statement: str, parameters: Sequence[list[int] | int]) -> list[LineageEdge]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        ids = [row[0] for row in cursor.fetchall()]
    edges = LineageEdge.objects.filter(pk__in=ids) if ids else LineageEdge.objects.none()
    return list(edges.select_related("parent", "parent_dataset", "child").order_by("pk"))
