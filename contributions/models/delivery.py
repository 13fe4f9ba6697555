from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contributions.models.event import Event
from contributions.models.webhook import Webhook
from hub.lease import Leased, LeasedQuerySet


class DeliveryQuerySet(LeasedQuerySet):
    def ready(self) -> Self:
        """Waiting, not in a pause, and for a webhook that is on."""
        due = Q(not_before=None) | Q(not_before__lte=Now())
        return self.filter(due, state="queued", webhook__active=True)


class Delivery(Leased):
    """One message to one webhook: a leased job, tried again with growing pauses."""

    MOVES = {
        "queued": {"sending", "cancelled"},
        "sending": {"delivered", "queued", "failed"},
        "delivered": set(),
        # Sent again by hand.
        "failed": {"queued"},
        "cancelled": set(),
    }
    HELD_STATES = frozenset({"sending"})

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    # None: a test
    event = models.ForeignKey(Event, models.CASCADE, null=True, blank=True)
    state = models.CharField(max_length=20, default="queued")
    payload = models.JSONField()
    not_before = models.DateTimeField(null=True, editable=False)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    # The beginning of what the other side answered, or why it was not reached.
    response = models.CharField(max_length=1000, blank=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once_an_event"),
        ]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="delivery_log"),
            models.Index(
                fields=["state", "lease_until"],
                condition=models.Q(state__in=["queued", "sending"]),
                name="delivery_live",
            ),
        ]
