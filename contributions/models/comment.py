from django.conf import settings
from django.db import models

from contributions.models.contribution import Contribution
from contributions.models.thread import Thread


class Comment(models.Model):
    """What somebody says in the conversation or in a thread, in Markdown."""

    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="comments")
    thread = models.ForeignKey(
        Thread, models.CASCADE, null=True, blank=True, related_name="comments"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments")
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(body=""), name="comment_says_something"),
        ]
