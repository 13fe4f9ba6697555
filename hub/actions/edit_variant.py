"""Change what the catalogue says of a variant; its checkpoints and their scores stay what they are."""

from collections.abc import Iterable

from django.db import transaction

from hub.actions._editing import rename, set_state
from hub.actions._lineage import check_edges, first_relation, linked_edge, refuse_cycle
from hub.actions._publishing import (
    check_fields,
    check_may_publish,
    refuse_second,
    waiting_edges,
)
from hub.facts import VariantFacts
from hub.locks import LINEAGE, hold
from hub.models import LineageEdge, ModelVariant, User
from hub.snapshots import add_revision


@transaction.atomic
def edit_variant(
    *,
    actor: User,
    variant: ModelVariant,
    facts: VariantFacts,
    state: str = "published",
    why: str = "",
) -> ModelVariant:
    """The variant as `facts` and `state` have it, and a new revision that says so.

    `why` is for a variant that is retired. Raises PermissionDenied, or Refusal: `invalid`,
    `already_here` (the new address is taken), `own_parent`, `lineage_cycle`, `unknown_relation`.
    """
    check_may_publish(actor)
    # Lineage is settled one at a time, as publishing does; then the row, which edits wait for.
    hold(LINEAGE, f"variant {variant.full_name}", f"variant {facts.owner}/{facts.name}")
    variant = ModelVariant.objects.select_for_update().get(pk=variant.pk)
    is_renamed = rename(variant, owner=facts.owner, name=facts.name)
    _take(variant, facts)
    check_fields(variant)
    check_edges(variant, facts.edges)
    named = ModelVariant.objects.named(facts.owner, facts.name)
    refuse_second(variant, named.exclude(pk=variant.pk).first())
    edges = [linked_edge(variant, edge) for edge in facts.edges]
    names = {variant.full_name, variant.repo_id}
    refuse_cycle(variant, edges, names if is_renamed else set())
    variant.save()
    _replace_edges(variant, edges)
    if is_renamed:
        waiting_edges(names, data=False).exclude(child=variant).update(parent=variant)
    set_state(variant, state, actor=actor, why=why)
    add_revision(variant, text=facts.card_text, metadata=facts.card_metadata, published_by=actor)
    return variant


def _take(variant: ModelVariant, facts: VariantFacts) -> None:
    variant.repo_id = facts.repo_id
    variant.licence = facts.licence
    variant.licence_name = facts.licence_name
    variant.summary = facts.summary
    variant.tags = list(facts.tags)
    variant.tags_text = " ".join(facts.tags)
    variant.parameters = facts.parameters
    variant.architecture = facts.architecture
    variant.relation = first_relation(facts.edges)


def _replace_edges(variant: ModelVariant, edges: Iterable[LineageEdge]) -> None:
    """An edge that stays keeps its evidence; the order is that of `edges`."""
    known = {
        (edge.parent_name.lower(), edge.relation): edge.evidence
        for edge in variant.parent_edges.all()
    }
    for edge in edges:
        key = (edge.parent_name.lower(), edge.relation)
        edge.evidence = known.get(key, edge.evidence)
    variant.parent_edges.all().delete()
    LineageEdge.objects.bulk_create(edges)
