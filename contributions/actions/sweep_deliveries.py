"""Finds deliveries whose message, worker or webhook is gone. Idempotent: two sweepers at once do no harm."""

import logging
from datetime import timedelta

from django.db.models.functions import Now

from contributions.models import Delivery
from hub.queue import POST, send
from hub.state import IllegalMove

logger = logging.getLogger(__name__)

# Sent this long ago and still ready: the message is lost, or it met a webhook that fails.
RESEND_SECONDS = 30
BATCH = 200
# The log is for whoever mends a receiver.
KEPT = timedelta(days=30)


def sweep_deliveries() -> int:
    """Take overdue deliveries back, cancel those of switched-off webhooks, nudge for the rest."""
    touched = sum(_take_back(one) for one in Delivery.objects.overdue()[:BATCH])
    off = Delivery.objects.filter(state="queued", webhook__active=False)
    touched += sum(_move(one, "cancelled", finished_at=Now()) for one in off[:BATCH])
    lost = Delivery.objects.ready().unsent(RESEND_SECONDS)
    webhooks = list(lost.order_by("webhook").values_list("webhook", flat=True).distinct()[:BATCH])
    for webhook in webhooks:
        Delivery.objects.ready().filter(webhook=webhook).update(sent_at=Now())
        send("contributions.deliver", webhook, queue=POST)
    return touched + len(webhooks)


def forget_deliveries() -> int:
    """Drop what ended long ago. How many."""
    old = Delivery.objects.exclude(state__in=["queued", "sending"]).filter(
        finished_at__lt=Now() - KEPT
    )
    return old.delete()[0]


def _take_back(delivery: Delivery) -> bool:
    """It may have arrived: the receiver knows it again by its number."""
    return _move(delivery, "queued", sent_at=None, worker="")


def _move(delivery: Delivery, to: str, **changes: object) -> bool:
    """The guard names the lease that ran out: a worker that comes back in time keeps its delivery."""
    try:
        delivery.move(to, guard=delivery.lease, **changes)
    except IllegalMove as error:
        logger.info("delivery %s was left alone: %s", delivery.pk, error)
        return False
    return True
