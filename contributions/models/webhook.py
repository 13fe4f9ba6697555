from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from contributions.models.event import Event
from hub.models import WorkingGroup


class Webhook(models.Model):
    """An address that hears of events, each delivery signed.

    The secret is not stored: it is derived from `salt` and the hub's own key (contributions/signing.py).
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhooks")
    url = models.URLField(max_length=500)
    salt = models.CharField(max_length=64, editable=False)
    # Verbs of events; empty means every one.
    verbs = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    # Of which contributions; none of these set means all of them.
    kinds = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    group = models.ForeignKey(WorkingGroup, models.CASCADE, null=True, blank=True)
    active = models.BooleanField(default=True)
    # Why the hub switched it off: too many failures in a row.
    stopped_why = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.url

    def wants(self, event: Event) -> bool:
        """`event` with its contribution."""
        contribution = event.contribution
        return (
            (not self.verbs or event.verb in self.verbs)
            and (not self.kinds or contribution.kind in self.kinds)
            and (self.group_id is None or self.group_id == contribution.group_id)
        )
