from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from hub.models.dataset import Dataset
from hub.models.variant import ModelVariant


class ChangeKind(models.TextChoices):
    COMMIT = "commit", "a new commit"
    RENAMED = "renamed", "renamed"
    GATED = "gated", "put behind terms"
    GONE = "gone", "gone"
    BACK = "back", "there again"
    REPLACED = "replaced", "another repository under the same name"


class OriginChange(models.Model):
    """Something that happened to an entry's repository at its origin, as the hub found it. Stays."""

    variant = models.ForeignKey(
        ModelVariant, models.CASCADE, null=True, blank=True, related_name="origin_changes"
    )
    dataset = models.ForeignKey(
        Dataset, models.CASCADE, null=True, blank=True, related_name="origin_changes"
    )
    kind = models.CharField(max_length=20, choices=ChangeKind)
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(variant=None, dataset__isnull=False)
                | Q(variant__isnull=False, dataset=None),
                name="origin_change_of_one_entry",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ChangeKind.values), name="origin_change_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant or self.dataset}: {self.kind}"
