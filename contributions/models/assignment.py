from django.conf import settings
from django.db import models

from contributions.models.contribution import Contribution


class Assignment(models.Model):
    """Somebody's review was asked for. It stands until they judge the newest version or are released."""

    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="assignments")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="assignments"
    )
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["contribution", "reviewer"], name="assignment_once"),
        ]
