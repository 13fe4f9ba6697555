from django.contrib.postgres.fields import ArrayField
from django.db import models


class WorkingGroup(models.Model):
    """Algorithm, data, system (OpenSeek's three), or another: who looks after which contributions."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    purpose = models.TextField(blank=True)
    # What a merge of its contributions needs, over what the kind asks for.
    approvals = models.PositiveSmallIntegerField(default=1)
    required_checks = ArrayField(models.CharField(max_length=60), default=list, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
