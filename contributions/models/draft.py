from django.conf import settings
from django.db import models

from contributions.models.contribution import Contribution


class Draft(models.Model):
    """What somebody typed into a form and has not sent yet. One a person and address of a form."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    # Where the form stands, with its query: /submit/edit-variant/?entry=owner/name
    path = models.CharField(max_length=400)
    title = models.CharField(max_length=200, blank=True)
    # Of a draft of the next version.
    contribution = models.ForeignKey(
        Contribution, models.CASCADE, null=True, blank=True, related_name="drafts"
    )
    # As the browser posted it, urlencoded, without secrets.
    typed = models.TextField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at"]
        constraints = [models.UniqueConstraint(fields=["owner", "path"], name="draft_once_a_form")]

    def __str__(self) -> str:
        return self.title or self.path
