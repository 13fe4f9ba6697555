from django.conf import settings
from django.db import models

from evaluations.models.run import Run


class RunEvent(models.Model):
    """One move of a run: who or which worker, from, to, why. Never changed."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="events")
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    attempt = models.PositiveSmallIntegerField(default=0)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    worker = models.CharField(max_length=200, blank=True)
    why = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["run", "id"], name="run_event_timeline")]
