from django.conf import settings
from django.db import models
from django.db.models import Q

from contributions.models.comment import Comment
from contributions.models.version import Version
from hub.state import Stateful


class Hold(Stateful):
    """A text that only its author and maintainers see until a maintainer has looked at it."""

    MOVES = {"held": {"released", "refused"}, "released": {"refused"}, "refused": {"released"}}

    state = models.CharField(max_length=20, default="held")
    comment = models.OneToOneField(Comment, models.CASCADE, null=True, blank=True)
    # The note of this version.
    version = models.OneToOneField(Version, models.CASCADE, null=True, blank=True)
    why = models.CharField(max_length=200)
    held_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(comment=None, version__isnull=False)
                | Q(comment__isnull=False, version=None),
                name="hold_of_one_text",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="held"), name="hold_waiting"),
        ]
