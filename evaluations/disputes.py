"""What stands against entries: their own disputes, and those that they inherit down the lineage.

A model made from a contaminated one is contaminated too, whatever its own card says. What is upheld,
and what is open and marked as such, travels to all descendants and stops with the dispute itself:
nothing is copied, so lifting it clears everybody at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet

from evaluations.models import Dispute, Run
from evaluations.models.dispute import DisputeReason
from hub.closure import Ancestor, climb, edges_above
from hub.models import Dataset, ModelVariant
from hub.models.lineage import Relation

STANDING: Final = ("open", "upheld")
# What a descendant inherits: test data in the weights, and terms that bind whatever is built on them.
INHERITED: Final = (DisputeReason.CONTAMINATION, DisputeReason.LICENCE)
# Neither weights nor data pass along these: the same plan with weights of its own, and a judge.
HOLDING_BACK: Final = (Relation.SAME_ARCHITECTURE, Relation.JUDGED_BY)

GENERATIONS: Final = ("", "parent", "grandparent")


@dataclass(frozen=True)
class Taint:
    """A dispute about something that a variant comes from, and the way it came."""

    dispute: Dispute
    path: tuple[str, ...]
    # “via dataset far/pool in grandparent river/spring”
    reason_path: str


@dataclass(frozen=True)
class Mark:
    """The mark beside a name in a table: its words, and the contribution that has the reasons."""

    words: str
    title: str
    number: int


def disputes_of(entry: ModelVariant | Dataset) -> list[Dispute]:
    """All disputes about an entry, settled ones too, the newest first."""
    return list(_of(entry).select_related("opened_by", "settled_by", "score", "claim"))


def standing_against(entry: ModelVariant | Dataset) -> list[Dispute]:
    """Open and upheld disputes about the entry itself or a score of it; claims bear their own."""
    return list(_of(entry).filter(state__in=STANDING, claim=None).select_related("opened_by"))


def standing_against_run(run: Run) -> list[Dispute]:
    """Open and upheld disputes about scores of `run`, or about all of the variant that it measured."""
    about = Q(score__run=run) | Q(variant=run.checkpoint.variant_id, score=None)
    found = Dispute.objects.filter(about, state__in=STANDING, claim=None)
    return list(found.select_related("score").order_by("-pk"))


def taints_of(variant: ModelVariant) -> list[Taint]:
    """Standing disputes that `variant` inherits, the nearest first: three queries, two without parents."""
    edges = [edge for edge in edges_above([variant.pk]) if edge.relation not in HOLDING_BACK]
    above = climb([variant.pk], edges)
    if not above:
        return []
    variants = [each.entry.pk for each in above if isinstance(each.entry, ModelVariant)]
    datasets = [each.entry.pk for each in above if isinstance(each.entry, Dataset)]
    found = Dispute.objects.filter(
        Q(variant__in=variants) | Q(dataset__in=datasets),
        state__in=STANDING,
        reason__in=INHERITED,
        score=None,
        claim=None,
    ).select_related("variant", "dataset")
    ways = {(type(each.entry), each.entry.pk): (place, each) for place, each in enumerate(above)}
    placed = [
        (*ways[ModelVariant if dispute.variant_id else Dataset, _entry_key(dispute)], dispute)
        for dispute in found
    ]
    placed.sort(key=lambda each: (each[0], each[2].pk))
    return [_taint(way, dispute) for _, way, dispute in placed]


def marks_of(variants: Sequence[int]) -> dict[int, Mark]:
    """One mark for each of `variants` (primary keys) that something stands against. One query."""
    if not variants:
        return {}
    values: dict[str, Any] = {
        "roots": list(variants),
        "held": [str(relation) for relation in HOLDING_BACK],
        "inherited": [str(reason) for reason in INHERITED],
    }
    found: dict[int, list[tuple[int, str, str, bool]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(MARKS, values)
        for root, number, reason, state, own in cursor.fetchall():
            found.setdefault(root, []).append((number, reason, state, own))
    return {root: _mark(rows) for root, rows in found.items()}


# UNION: each ancestor once a root, so cycles end and diamonds do not multiply. The two joins find
# disputes by index; one join with OR would compare every ancestor with every dispute.
MARKS: Final = """
WITH RECURSIVE up (root, variant, dataset) AS (
    SELECT root, root, NULL::bigint FROM unnest(%(roots)s::bigint[]) AS root
    UNION
    SELECT up.root, edge.parent_id, edge.parent_dataset_id
    FROM up JOIN hub_lineageedge edge ON edge.child_id = up.variant
    WHERE edge.relation <> ALL(%(held)s)
),
against AS (
    SELECT up.root, dispute.*, up.variant = up.root AS own
    FROM up JOIN evaluations_dispute dispute ON dispute.variant_id = up.variant
    UNION ALL
    SELECT up.root, dispute.*, false
    FROM up JOIN evaluations_dispute dispute ON dispute.dataset_id = up.dataset
)
SELECT root, number, reason, state, own FROM against
WHERE state IN ('open', 'upheld') AND claim_id IS NULL
    AND (own OR (score_id IS NULL AND reason = ANY(%(inherited)s)))
ORDER BY own DESC, state DESC, number
"""


def words_of(reason: str, state: str, *, own: bool = True) -> str:
    """`disputed: licence`, `licence upheld`, `inherited: contamination`."""
    if not own:
        return f"inherited: {reason}{'' if state == 'upheld' else ', disputed'}"
    return f"{reason} upheld" if state == "upheld" else f"disputed: {reason}"


def _mark(rows: Iterable[tuple[int, str, str, bool]]) -> Mark:
    """The first of them in words; the others on hover."""
    rows = list(rows)
    words = [
        f"{words_of(reason, state, own=own)} (#{number})" for number, reason, state, own in rows
    ]
    number, reason, state, own = rows[0]
    shown = words_of(reason, state, own=own)
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    return Mark(shown + more, "; ".join(words), number)


def _of(entry: ModelVariant | Dataset) -> "QuerySet[Dispute]":
    if isinstance(entry, ModelVariant):
        return Dispute.objects.filter(variant=entry)
    return Dispute.objects.filter(dataset=entry)


def _entry_key(dispute: Dispute) -> int:
    key = dispute.variant_id or dispute.dataset_id
    assert key is not None  # noqa: S101 a check constraint of the table
    return key


def _taint(way: Ancestor, dispute: Dispute) -> Taint:
    entry = way.entry
    path = (*way.via, entry.full_name)
    if isinstance(entry, ModelVariant):
        return Taint(dispute, path, f"via {_generation(len(path))} {entry.full_name}")
    holder = f" in {_generation(len(path) - 1)} {path[-2]}" if len(path) > 1 else ""
    return Taint(dispute, path, f"via dataset {entry.full_name}{holder}")


def _generation(steps: int) -> str:
    return GENERATIONS[steps] if steps < len(GENERATIONS) else "ancestor"
