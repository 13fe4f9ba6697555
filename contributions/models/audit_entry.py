from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """Something that a person with rights did to others: kept for maintainers, never changed."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # merged, closed, released, refused, suspended, reinstated, assigned, scoped, …
    deed = models.CharField(max_length=40)
    # What it was done to, as people name it: #12, @someone, owner/name
    target = models.CharField(max_length=200)
    target_url = models.CharField(max_length=300, blank=True)
    why = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["actor", "-id"], name="audit_by_actor")]
