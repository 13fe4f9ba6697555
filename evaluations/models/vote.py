from django.conf import settings
from django.db import models

from evaluations.models.run import Run


class Vote(models.Model):
    """A person wants a waiting run to come sooner."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="votes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="votes")
    # How far it brought the run nearer: what taking it back gives back.
    moved = models.FloatField(default=0.0, editable=False)
    cast_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "person"], name="vote_once")]

    def __str__(self) -> str:
        return f"{self.person} for run {self.run_id}"
