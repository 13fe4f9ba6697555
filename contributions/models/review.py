from django.conf import settings
from django.db import models

from contributions.models.version import Version


class Verdict(models.TextChoices):
    APPROVE = "approve", "approve"
    REQUEST_CHANGES = "request_changes", "request changes"


class Review(models.Model):
    """One person's verdict on the version they read."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=20, choices=Verdict)
    body = models.TextField(blank=True, help_text="Markdown")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict=Verdict.APPROVE) | ~models.Q(body=""),
                name="review_changes_say_which",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer}: {self.verdict} {self.version}"
