"""How a variant's edges are judged, linked and written, when it is published and when it is edited."""

from collections.abc import Iterable

from django.db.models import Q

from hub.actions._publishing import waiting_edges
from hub.facts import EdgeFacts
from hub.models import Dataset, LineageEdge, ModelVariant
from hub.models.lineage import Relation
from hub.refusal import Refusal


def check_edges(variant: ModelVariant, edges: Iterable[EdgeFacts]) -> None:
    """Raises Refusal: `unknown_relation`, `own_parent`, or `invalid` for a parent named twice."""
    seen: set[tuple[str, str]] = set()
    for edge in edges:
        key = (edge.parent_name.lower(), edge.relation)
        if edge.relation not in Relation.values:
            raise _refusal("unknown_relation", f"“{edge.relation}” is not a relation we know.")
        if key in seen:
            raise _refusal("invalid", f"{edge.parent_name} is named twice as {edge.relation}.")
        if not edge.is_dataset and key[0] in {variant.full_name.lower(), variant.repo_id.lower()}:
            raise _refusal("own_parent", "A variant cannot descend from itself.")
        seen.add(key)


def linked_edge(variant: ModelVariant, facts: EdgeFacts) -> LineageEdge:
    """The edge, linked when its parent is here, by address or by repository; else by name only."""
    edge = LineageEdge(
        child=variant,
        parent_name=facts.parent_name,
        relation=facts.relation,
        parent_commit=facts.parent_commit,
    )
    owner, _, name = facts.parent_name.partition("/")
    wanted = Q(owner__iexact=owner, name__iexact=name) | Q(repo_id__iexact=facts.parent_name)
    if facts.is_dataset:
        datasets = Dataset.objects
        edge.parent_dataset = datasets.filter(wanted).first() or datasets.at(owner, name)
    else:
        variants = ModelVariant.objects
        edge.parent = variants.filter(wanted).first() or variants.at(owner, name)
    return edge


def refuse_cycle(variant: ModelVariant, edges: Iterable[LineageEdge], names: set[str]) -> None:
    """No parent may descend from the variant, or from those that have been waiting for its name."""
    parents = {edge.parent_id for edge in edges if edge.parent_id}
    level = set(waiting_edges(names, data=False).values_list("child", flat=True))
    if variant.pk:
        level |= {variant.pk}
    below: set[int] = set()
    while level - below:
        below |= level
        children = LineageEdge.objects.filter(parent__in=level)
        level = set(children.values_list("child", flat=True)) - below
    if parents & below:
        raise _refusal("lineage_cycle", "A parent descends from this variant already.")


def first_relation(edges: Iterable[EdgeFacts]) -> str:
    """What lists say of a variant: its relation to the first model that it descends from."""
    first = next((edge for edge in edges if not edge.is_dataset), None)
    return first.relation if first else ""


def _refusal(code: str, message: str) -> Refusal:
    return Refusal(code, message, fields={"edges": [message]})
