"""Put a dataset into the catalogue, with its first card."""

from django.db import transaction

from hub.actions._publishing import (
    check_fields,
    check_may_publish,
    refuse_second,
    waiting_edges,
)
from hub.facts import DatasetFacts
from hub.locks import hold
from hub.models import Dataset, User
from hub.snapshots import add_revision


@transaction.atomic
def publish_dataset(*, actor: User, facts: DatasetFacts) -> Dataset:
    """The new dataset; edges that waited for its name lead to it from now on.

    Raises PermissionDenied, or Refusal (`invalid`, `already_here`).
    """
    check_may_publish(actor)
    dataset = Dataset(
        owner=facts.owner,
        name=facts.name,
        repo_id=facts.repo_id,
        licence=facts.licence,
        licence_name=facts.licence_name,
        summary=facts.summary,
        tags=list(facts.tags),
        tags_text=" ".join(facts.tags),
        purpose=facts.purpose,
        size=facts.size,
    )
    check_fields(dataset)
    hold(f"dataset {dataset.full_name}")
    refuse_second(dataset, Dataset.objects.named(facts.owner, facts.name).first())
    dataset.save()
    add_revision(dataset, text=facts.card_text, metadata=facts.card_metadata, published_by=actor)
    names = {dataset.full_name, dataset.repo_id}
    waiting_edges(names, data=True).update(parent_dataset=dataset)
    return dataset
