from django.conf import settings
from django.db import models


class OriginToken(models.Model):
    """A person's token for gated repositories at the origin, encrypted; only fetching opens it.

    It counts for the repository or the owner that `scope` names; empty: all that its owner adds. Only
    ever for what its owner brought here, or asks to be measured.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="origin_tokens"
    )
    label = models.CharField(max_length=60)
    scope = models.CharField(max_length=200, blank=True)
    encrypted = models.BinaryField(editable=False)
    # The last four letters, so that people recognise it.
    hint = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    refused_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.label} of {self.person}"

    def covers(self, repo_id: str) -> bool:
        """Case does not matter, as at the origins."""
        scope, asked = self.scope.lower(), repo_id.lower()
        return not scope or asked == scope or asked.startswith(f"{scope}/")
