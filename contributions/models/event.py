from django.conf import settings
from django.db import models

from contributions.models.check import Check
from contributions.models.comment import Comment
from contributions.models.contribution import Contribution
from contributions.models.review import Review


class Event(models.Model):
    """One step of a contribution: who, when, from, to, on which version. The timeline is these rows."""

    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="events")
    # submitted, revised, checked, rerun, reviewed, commented, merged, closed, withdrawn
    verb = models.CharField(max_length=30)
    # None: the hub itself
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    version_number = models.PositiveIntegerField()
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20, blank=True)
    why = models.TextField(blank=True)
    review = models.ForeignKey(Review, models.CASCADE, null=True, blank=True)
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True)
    # `check` would hide Model.check, which Django calls.
    checked = models.ForeignKey(Check, models.CASCADE, null=True, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["contribution", "id"], name="event_timeline")]
