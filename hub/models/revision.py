from django.conf import settings
from django.db import models

from hub.models.dataset import Dataset
from hub.models.variant import ModelVariant


class CardRevision(models.Model):
    """One published card, never changed afterwards. The newest is the one that pages show."""

    variant = models.ForeignKey(
        ModelVariant, models.CASCADE, null=True, blank=True, related_name="revisions"
    )
    dataset = models.ForeignKey(
        Dataset, models.CASCADE, null=True, blank=True, related_name="revisions"
    )
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)
    # What else could be edited, as it was published: a later edit compares itself with this.
    facts = models.JSONField(default=dict)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="published_revisions"
    )
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "number"],
                condition=models.Q(dataset=None),
                name="revision_number_once_a_variant",
            ),
            models.UniqueConstraint(
                fields=["dataset", "number"],
                condition=models.Q(variant=None),
                name="revision_number_once_a_dataset",
            ),
            models.CheckConstraint(
                condition=models.Q(variant=None, dataset__isnull=False)
                | models.Q(variant__isnull=False, dataset=None),
                name="revision_of_one_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant or self.dataset} r{self.number}"
