from django.conf import settings
from django.db import models

from contributions.models.contribution import Contribution
from hub.state import IllegalMove, Stateful


class Resolved(IllegalMove):
    """Somebody else was first."""

    def __init__(self, thread: "Thread") -> None:
        super().__init__(thread, "resolved", thread.state)
        who = thread.resolved_by.username if thread.resolved_by else "Somebody"
        self.args = (f"{who} resolved this thread already. Nothing was changed.",)


class Thread(Stateful):
    """A conversation about one field, or one line of it, of the version that was read."""

    MOVES = {"open": {"resolved"}, "resolved": {"open"}}
    QUOTE_LENGTH = 300

    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="threads")
    state = models.CharField(max_length=20, default="open")
    version_number = models.PositiveIntegerField()
    field = models.CharField(max_length=80)
    # In the field's text as the version has it, from 1; null: about the whole field.
    line = models.PositiveIntegerField(null=True, blank=True)
    # The line as it was, so that the thread can be read after it has changed.
    quote = models.CharField(max_length=QUOTE_LENGTH, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            # merge requirements: what is still discussed
            models.Index(
                fields=["contribution"],
                condition=models.Q(state="open"),
                name="thread_unresolved",
            )
        ]

    def __str__(self) -> str:
        return f"{self.field} of #{self.contribution_id} v{self.version_number}"
