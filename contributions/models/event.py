from django.conf import settings
from django.db import models

from contributions.models.check import Check
from contributions.models.comment import Comment
from contributions.models.contribution import Contribution
from contributions.models.review import Review
from contributions.models.thread import Thread
from evaluations.models import Run


class Event(models.Model):
    """One step of a contribution: who, when, from, to, on which version. The timeline is these rows."""

    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="events")
    # submitted, revised, signed, checked, rerun, assigned, reviewed, commented, resolved, reopened,
    # referenced, reported, merged, measured, closed, withdrawn
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
    # Opened, answered, resolved or reopened.
    thread = models.ForeignKey(Thread, models.CASCADE, null=True, blank=True)
    # The other contribution, of "referenced".
    other = models.ForeignKey(Contribution, models.CASCADE, null=True, blank=True, related_name="+")
    # The run that ended, of "measured".
    run = models.ForeignKey(Run, models.CASCADE, null=True, blank=True, related_name="+")
    # Of a verb that is about somebody: whose review was asked for.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Webhooks and inboxes have taken note (contributions/actions/announce.py).
    announced = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["contribution", "id"], name="event_timeline"),
            models.Index(
                fields=["id"], condition=models.Q(announced=False), name="event_to_announce"
            ),
        ]
