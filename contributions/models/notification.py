from django.conf import settings
from django.db import models

from contributions.models.contribution import Contribution
from contributions.models.event import Event


class Why(models.TextChoices):
    """Why it came to this person; the strongest reason wins."""

    MENTIONED = "mentioned", "you were mentioned"
    ASSIGNED = "assigned", "your review was asked for"
    AUTHOR = "author", "you proposed it"
    REVIEWER = "reviewer", "you reviewed it"
    WATCHING = "watching", "you watch it"


class Notification(models.Model):
    """One event, as one person's inbox has it."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications"
    )
    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="notifications")
    event = models.ForeignKey(Event, models.CASCADE, related_name="notifications")
    why = models.CharField(max_length=20, choices=Why)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    # Left to send by mail; cleared in the transaction that claims it for a message.
    mail_due = models.BooleanField(default=False)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "event"], name="notification_once_an_event"),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="notification_inbox"),
            models.Index(
                fields=["person", "-id"],
                condition=models.Q(read_at=None),
                name="notification_unread",
            ),
            models.Index(
                fields=["person"], condition=models.Q(mail_due=True), name="notification_to_mail"
            ),
        ]
