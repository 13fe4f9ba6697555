"""Put a model variant into the catalogue: the entry, its card, its lineage and its checkpoint."""

from django.db import transaction

from hub.actions._lineage import check_edges, first_relation, linked_edge, refuse_cycle
from hub.actions._publishing import (
    check_fields,
    check_may_publish,
    refuse_second,
    waiting_edges,
)
from hub.facts import VariantFacts
from hub.locks import LINEAGE, hold
from hub.manifest import Manifest
from hub.models import Checkpoint, LineageEdge, ModelVariant, User
from hub.refusal import Refusal
from hub.snapshots import add_revision


@transaction.atomic
def publish_variant(*, actor: User, facts: VariantFacts, manifest: Manifest) -> ModelVariant:
    """The new variant; edges of others that waited for its name lead to it from now on.

    Raises PermissionDenied, or Refusal: `invalid`, `already_here` (the address, or these very
    bytes under another name), `own_parent`, `lineage_cycle`, `unknown_relation`, `no_files`.
    """
    check_may_publish(actor)
    variant = _variant(facts)
    check_fields(variant)
    check_edges(variant, facts.edges)
    # Two publications may wait for each other's name: lineage is settled one at a time.
    hold(LINEAGE, f"variant {variant.full_name}", manifest.digest)
    refuse_second(variant, ModelVariant.objects.named(facts.owner, facts.name).first())
    _refuse_same_bytes(manifest)
    edges = [linked_edge(variant, edge) for edge in facts.edges]
    names = {variant.full_name, variant.repo_id}
    refuse_cycle(variant, edges, names)
    variant.save()
    LineageEdge.objects.bulk_create(edges)
    add_revision(variant, text=facts.card_text, metadata=facts.card_metadata, published_by=actor)
    waiting_edges(names, data=False).exclude(child=variant).update(parent=variant)
    _add_checkpoint(variant, manifest)
    return variant


def _variant(facts: VariantFacts) -> ModelVariant:
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
        relation=first_relation(facts.edges),
    )


def _refuse_same_bytes(manifest: Manifest) -> None:
    if not manifest.files:
        raise Refusal("no_files", "There is no file in it that an evaluation could load.")
    same = Checkpoint.objects.filter(digest=manifest.digest).select_related("variant").first()
    if same:
        message = f"These exact files are already here as {same.variant.full_name}."
        raise Refusal("already_here", message, fields={"repo_id": [message]})


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
