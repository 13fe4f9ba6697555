from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models.functions import Lower, Upper
from django.urls import reverse

from hub.models.entry import Entry
from hub.state import Stateful


class ModelVariantQuerySet(models.QuerySet["ModelVariant"]):
    def named(self, owner: str, name: str) -> Self:
        """Case does not matter in an address, as at the origins."""
        # Lower(), not iexact: that is what the unique index is on.
        return self.alias(low_owner=Lower("owner"), low_name=Lower("name")).filter(
            low_owner=owner.lower(), low_name=name.lower()
        )

    def at(self, owner: str, name: str) -> "ModelVariant | None":
        """By its address, or by one that it had before it was renamed. One or two queries."""
        former = self.alias(
            low_owner=Lower("former_names__owner"), low_name=Lower("former_names__name")
        ).filter(low_owner=owner.lower(), low_name=name.lower())
        return self.named(owner, name).first() or former.first()

    def published(self) -> Self:
        return self.filter(state="published")

    def matching(self, text: str) -> Self:
        """Words anywhere in name, summary and tags, or a piece of `owner/name` (trigram index)."""
        words = models.Q(search=SearchQuery(text, config="simple", search_type="websearch"))
        owner, slash, name = text.partition("/")
        if slash:
            return self.filter(owner__icontains=owner.strip(), name__icontains=name.strip())
        return self.filter(words | models.Q(owner__icontains=text) | models.Q(name__icontains=text))


class ModelVariant(Entry, Stateful):
    """One model repository at an origin. Base models are variants without parents."""

    MOVES = {"published": {"retired"}, "retired": {"published"}}

    state = models.CharField(max_length=20, default="published")
    parameters = models.BigIntegerField(null=True, blank=True, help_text="Counted, not claimed.")
    architecture = models.CharField(max_length=120, blank=True)
    # The relation of the first parent, denormalised for lists and filters.
    relation = models.CharField(max_length=30, blank=True)

    objects = ModelVariantQuerySet.as_manager()

    class Meta:
        verbose_name = "model variant"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(Lower("owner"), Lower("name"), name="variant_address_once"),
            models.CheckConstraint(
                condition=models.Q(parameters=None) | models.Q(parameters__gte=0),
                name="variant_parameters_positive",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="variant_search"),
            # variant list and board filter: a piece of a name
            GinIndex(
                # Upper: what icontains asks for
                OpClass(Upper("owner"), "gin_trgm_ops"),
                OpClass(Upper("name"), "gin_trgm_ops"),
                name="variant_name_trigrams",
            ),
            models.Index(fields=["state", "-created_at", "-id"], name="variant_newest"),
            models.Index(fields=["licence"], name="variant_licence"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("variant_detail", args=[self.owner, self.name])
