from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from hub.models.entry import Entry
from hub.state import Stateful


class Purpose(models.TextChoices):
    TRAINING = "training", "training"
    EVALUATION = "evaluation", "evaluation"
    BOTH = "both", "training and evaluation"


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def named(self, owner: str, name: str) -> Self:
        # Lower(), not iexact: that is what the unique index is on.
        return self.alias(low_owner=Lower("owner"), low_name=Lower("name")).filter(
            low_owner=owner.lower(), low_name=name.lower()
        )

    def at(self, owner: str, name: str) -> "Dataset | None":
        """By its address, or by one that it had before it was renamed. One or two queries."""
        former = self.alias(
            low_owner=Lower("former_names__owner"), low_name=Lower("former_names__name")
        ).filter(low_owner=owner.lower(), low_name=name.lower())
        return self.named(owner, name).first() or former.first()

    def published(self) -> Self:
        return self.filter(state="published")

    def matching(self, text: str) -> Self:
        words = models.Q(search=SearchQuery(text, config="simple", search_type="websearch"))
        owner, slash, name = text.partition("/")
        if slash:
            return self.filter(owner__icontains=owner.strip(), name__icontains=name.strip())
        return self.filter(words | models.Q(owner__icontains=text) | models.Q(name__icontains=text))


class Dataset(Entry, Stateful):
    """A dataset repository: training data, evaluation data or both."""

    MOVES = {"published": {"retired"}, "retired": {"published"}}

    state = models.CharField(max_length=20, default="published")
    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.TRAINING)
    size = models.CharField(max_length=120, blank=True, help_text="As stated, with its unit.")

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(Lower("owner"), Lower("name"), name="dataset_address_once"),
        ]
        indexes = [
            GinIndex(fields=["search"], name="dataset_search"),
            models.Index(fields=["state", "-created_at", "-id"], name="dataset_newest"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("dataset_detail", args=[self.owner, self.name])
