"""Put a model variant into the catalogue: the entry, its card, its lineage and its checkpoint."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from hub.actions._publishing import (
    check_fields,
    check_may_publish,
    hold,
    refuse_second,
    waiting_edges,
)
from hub.facts import EdgeFacts, VariantFacts
from hub.manifest import Manifest
from hub.models import CardRevision, Checkpoint, Dataset, LineageEdge, ModelVariant, User
from hub.models.lineage import Relation
from hub.refusal import Refusal


@transaction.atomic
def publish_variant(*, actor: User, facts: VariantFacts, manifest: Manifest) -> ModelVariant:
    """The new variant; edges of others that waited for its name lead to it from now on.

    Raises PermissionDenied, or Refusal: `invalid`, `already_here` (the address, or these very
    bytes under another name), `own_parent`, `lineage_cycle`, `unknown_relation`, `no_files`.
    """
    check_may_publish(actor)
    variant = _variant(facts)
    check_fields(variant)
    _check_edges(variant, facts.edges)
    # Two publications may wait for each other's name: lineage is settled one at a time.
    hold("lineage", f"variant {variant.full_name}", manifest.digest)
    refuse_second(variant, ModelVariant.objects.named(facts.owner, facts.name).first())
    _refuse_same_bytes(manifest)
    edges = [_edge(variant, edge) for edge in facts.edges]
    names = {variant.full_name, variant.repo_id}
    _refuse_cycle(edges, names)
    variant.save()
    CardRevision.objects.create(
        variant=variant,
        number=1,
        text=facts.card_text,
        metadata=dict(facts.card_metadata),
        published_by=actor,
    )
    LineageEdge.objects.bulk_create(edges)
    waiting_edges(names, data=False).exclude(child=variant).update(parent=variant)
    _add_checkpoint(variant, manifest)
    return variant


def _variant(facts: VariantFacts) -> ModelVariant:
    model_edges = (edge for edge in facts.edges if not edge.is_dataset)
    first = next(model_edges, None)
    return ModelVariant(
        owner=facts.owner,
        name=facts.name,
        repo_id=facts.repo_id,
        licence=facts.licence,
        licence_name=facts.licence_name,
        summary=facts.summary,
        tags=list(facts.tags),
        tags_text=" ".join(facts.tags),
        parameters=facts.parameters,
        architecture=facts.architecture,
        relation=first.relation if first else "",
    )


def _check_edges(variant: ModelVariant, edges: Iterable[EdgeFacts]) -> None:
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


def _refuse_same_bytes(manifest: Manifest) -> None:
    if not manifest.files:
        raise Refusal("no_files", "There is no file in it that an evaluation could load.")
    same = Checkpoint.objects.filter(digest=manifest.digest).select_related("variant").first()
    if same:
        message = f"These exact files are already here as {same.variant.full_name}."
        raise Refusal("already_here", message, fields={"repo_id": [message]})


def _edge(variant: ModelVariant, facts: EdgeFacts) -> LineageEdge:
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
        edge.parent_dataset = Dataset.objects.filter(wanted).first()
    else:
        edge.parent = ModelVariant.objects.filter(wanted).first()
    return edge


def _refuse_cycle(edges: Iterable[LineageEdge], names: set[str]) -> None:
    """No parent may descend from those that have been waiting for this variant."""
    parents = {edge.parent_id for edge in edges if edge.parent_id}
    level = set(waiting_edges(names, data=False).values_list("child", flat=True))
    below: set[int] = set()
    while level - below:
        below |= level
        children = LineageEdge.objects.filter(parent__in=level)
        level = set(children.values_list("child", flat=True)) - below
    if parents & below:
        raise _refusal("lineage_cycle", "A parent descends from this variant already.")


def _add_checkpoint(variant: ModelVariant, manifest: Manifest) -> Checkpoint:
    return Checkpoint.objects.create(
        variant=variant,
        commit=manifest.commit,
        files=list(manifest.files),
        digest=manifest.digest,
        weights_digest=manifest.weights_digest,
        size=manifest.size,
        dtype=manifest.dtype,
        parameters=manifest.parameters,
    )


def _refusal(code: str, message: str) -> Refusal:
    return Refusal(code, message, fields={"edges": [message]})
