"""Change what the catalogue says of a dataset."""

from django.db import transaction

from hub.actions._editing import rename, set_state
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
def edit_dataset(
    *,
    actor: User,
    dataset: Dataset,
    facts: DatasetFacts,
    state: str = "published",
    why: str = "",
) -> Dataset:
    """The dataset as `facts` and `state` have it, and a new revision that says so.

    `why` is for a dataset that is retired. Raises PermissionDenied, or Refusal (`invalid`,
    `already_here`: the new address is taken).
    """
    check_may_publish(actor)
    hold(f"dataset {dataset.full_name}", f"dataset {facts.owner}/{facts.name}")
    dataset = Dataset.objects.select_for_update().get(pk=dataset.pk)
    is_renamed = rename(dataset, owner=facts.owner, name=facts.name)
    dataset.repo_id = facts.repo_id
    dataset.licence = facts.licence
    dataset.licence_name = facts.licence_name
    dataset.summary = facts.summary
    dataset.tags = list(facts.tags)
    dataset.tags_text = " ".join(facts.tags)
    dataset.purpose = facts.purpose
    dataset.size = facts.size
    check_fields(dataset)
    named = Dataset.objects.named(facts.owner, facts.name)
    refuse_second(dataset, named.exclude(pk=dataset.pk).first())
    dataset.save()
    if is_renamed:
        names = {dataset.full_name, dataset.repo_id}
        waiting_edges(names, data=True).update(parent_dataset=dataset)
    set_state(dataset, state, actor=actor, why=why)
    add_revision(dataset, text=facts.card_text, metadata=facts.card_metadata, published_by=actor)
    return dataset
