from django.conf import settings
from django.db import models


class WorkingGroup(models.Model):
    """Algorithm, data, system (OpenSeek's three), or another: who looks after which contributions."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    purpose = models.TextField(blank=True)
    maintainers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="maintained_groups", blank=True
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
