from django.conf import settings
from django.db import models

from evaluations.models.run import Run
from evaluations.models.score import Score
from evaluations.models.upload import Upload

INFINITY = float("inf")


class Replication(models.Model):
    """A score measured once more: by a run that somebody else asked for, or on their own machine and
    uploaded. The score stays as it is."""

    score = models.ForeignKey(Score, models.CASCADE, related_name="replications")
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="replications")
    upload = models.ForeignKey(
        Upload, models.PROTECT, null=True, blank=True, related_name="replications"
    )
    value = models.FloatField()
    stderr = models.FloatField(null=True, blank=True)
    n = models.PositiveIntegerField(help_text="samples")
    # Of the samples in both: how many came out differently.
    changed = models.PositiveIntegerField(default=0)
    agrees = models.BooleanField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="replications"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["score", "run"], name="replication_once_a_run"),
            models.UniqueConstraint(fields=["score", "upload"], name="replication_once_an_upload"),
            models.CheckConstraint(
                condition=models.Q(run=None, upload__isnull=False)
                | models.Q(run__isnull=False, upload=None),
                name="replication_by_run_or_upload",
            ),
            models.CheckConstraint(
                condition=models.Q(value__gt=-INFINITY, value__lt=INFINITY),
                name="replication_finite",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value:.4g} for {self.score}"
