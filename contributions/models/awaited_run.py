from django.db import models

from contributions.models.contribution import Contribution
from evaluations.models import Run


class AwaitedRun(models.Model):
    """A run that a merge asked for and that has not been told of yet. Gone once the timeline has it."""

    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="awaited_runs")
    run = models.OneToOneField(Run, models.CASCADE, related_name="+")

    class Meta:
        ordering = ["pk"]
