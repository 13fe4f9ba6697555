from django.conf import settings
from django.db import models

from contributions.models.comment import Comment


class CommentEdit(models.Model):
    """What a comment said before it was edited: the history that everybody can read."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="edits")
    body = models.TextField()
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
