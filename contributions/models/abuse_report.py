from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from contributions.models.comment import Comment
from contributions.models.contribution import Contribution
from hub.models import User
from hub.state import Stateful


class AbuseReport(Stateful):
    """Somebody tells maintainers of a text or a person that should not stay as it is."""

    MOVES = {"open": {"acted", "dismissed"}, "acted": set(), "dismissed": set()}

    state = models.CharField(max_length=20, default="open")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports")
    contribution = models.ForeignKey(Contribution, models.CASCADE, null=True, blank=True)
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    why = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(contribution__isnull=False)
                | Q(comment__isnull=False)
                | Q(person__isnull=False),
                name="abuse_report_about_something",
            ),
        ]
        indexes = [models.Index(fields=["state", "-id"], name="abuse_report_by_state")]

    def __str__(self) -> str:
        return f"report {self.pk}: {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("abuse_report", args=[self.pk])

    @property
    def accused(self) -> User:
        """Whose text it is about, or who."""
        if self.comment:
            return self.comment.author
        if self.contribution:
            return self.contribution.author
        if self.person is None:
            raise ValueError("A report is about a comment, a contribution or a person.")
        return self.person
