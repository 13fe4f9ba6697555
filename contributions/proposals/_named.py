"""Entries of the catalogue by the name that people give."""

from hub.models import Dataset, ModelVariant


def variant_named(full_name: str) -> ModelVariant | None:
    """`owner/name` as written here; None where there is none."""
    owner, _, name = full_name.partition("/")
    return ModelVariant.objects.named(owner, name).first()


def dataset_named(full_name: str) -> Dataset | None:
    owner, _, name = full_name.partition("/")
    return Dataset.objects.named(owner, name).first()
