from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from contributions.models.comment import Comment
from contributions.models.contribution import Contribution
from contributions.models.version import Version
from hub.models import User
from hub.state import Stateful


class Hold(Stateful):
    """A text that only its author and maintainers see until a maintainer has looked at it."""

    MOVES = {"held": {"released", "refused"}, "released": {"refused"}, "refused": {"released"}}

    state = models.CharField(max_length=20, default="held")
    # What was written. Where it belongs stand other words until it is released, so that no page, feed
    # or API can show it by accident.
    text = models.TextField()
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

    def __str__(self) -> str:
        return f"text {self.pk}: {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("hold_detail", args=[self.pk])

    @property
    def author(self) -> User:
        return self.comment.author if self.comment else self.written_with.author

    @property
    def contribution(self) -> Contribution:
        return self.comment.contribution if self.comment else self.written_with.contribution

    @property
    def written_with(self) -> Version:
        """The version whose note it is; only where it is no comment."""
        if self.version is None:
            raise ValueError("A hold is of a comment or of a version's note.")
        return self.version
