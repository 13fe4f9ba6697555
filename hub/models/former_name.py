from django.db import models
from django.db.models.functions import Lower

from hub.models.dataset import Dataset
from hub.models.variant import ModelVariant


class FormerName(models.Model):
    """An address that an entry had before it was renamed: who asks for it is sent on."""

    owner = models.CharField(max_length=96)
    name = models.CharField(max_length=96)
    variant = models.ForeignKey(
        ModelVariant, models.CASCADE, null=True, blank=True, related_name="former_names"
    )
    dataset = models.ForeignKey(
        Dataset, models.CASCADE, null=True, blank=True, related_name="former_names"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(variant=None, dataset__isnull=False)
                | models.Q(variant__isnull=False, dataset=None),
                name="former_name_of_one_entry",
            ),
            models.UniqueConstraint(
                Lower("owner"),
                Lower("name"),
                condition=models.Q(dataset=None),
                name="former_variant_name_once",
            ),
            models.UniqueConstraint(
                Lower("owner"),
                Lower("name"),
                condition=models.Q(variant=None),
                name="former_dataset_name_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"
