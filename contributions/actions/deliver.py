"""Sends a webhook what waits for it, one message after the other.

A delivery is delivered once its receiver answered 2xx: at least once, therefore, since a worker may die
between that answer and our row. Every attempt carries the same delivery number.
"""

import json
import logging
import random
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from contributions.mail import webhook_stopped
from contributions.models import Delivery, Webhook
from contributions.signing import secret_of, signature_of
from hub import outbound
from hub.lease import Keeper, from_now
from hub.state import IllegalMove

logger = logging.getLogger(__name__)

# Attempts, and the pause after the first; each is three times as long as the one before: 1, 3, 9, 27 minutes,
# 1.4, 4, 12 hours. Somebody who broke theirs in the evening still gets it all in the morning.
ATTEMPTS = 8
FIRST_PAUSE = 60.0
LONGEST_PAUSE = timedelta(days=1).total_seconds()
# Deliveries in a row that were given up, each after a day of attempts.
PATIENCE = 5
ASK_LATER = frozenset({429, 503})
RESPONSE_LENGTH = 1000


def deliver_to(*, webhook_id: int, worker: str) -> int:
    """Send `webhook_id` what is ready, in order, until nothing is or an attempt fails. How many got through.

    One worker a webhook is enough: whoever meets another at it leaves, and that one goes on. After a
    failure the sweep is the pause, so that an address that only costs time holds up nobody else's.
    """
    done = 0
    while delivery := _next(webhook_id):
        try:
            delivery.claim("sending", worker=worker)
        except IllegalMove:
            continue
        try:
            if not _attempt(delivery):
                break
        except IllegalMove as error:
            logger.warning("late answer to delivery %s dropped: %s", delivery.pk, error)
            break
        done += 1
    return done


def _next(webhook_id: int) -> Delivery | None:
    rows = Delivery.objects.filter(webhook=webhook_id)
    if rows.filter(state="sending").exists():
        return None
    return rows.ready().select_related("webhook__owner").order_by("pk").first()


def _attempt(delivery: Delivery) -> bool:
    """One message, with the lease held meanwhile. Raises IllegalMove when it was lost."""
    webhook, began = delivery.webhook, time.monotonic()
    with Keeper(delivery):
        answer, trouble = _post(delivery)
    told = {
        "response_status": answer.status if answer else None,
        "response": (answer.text if answer else trouble)[:RESPONSE_LENGTH],
        "milliseconds": round((time.monotonic() - began) * 1000),
    }
    if answer and 200 <= answer.status < 300:
        with transaction.atomic():
            delivery.move("delivered", guard=delivery.lease, finished_at=Now(), **told)
            Webhook.objects.filter(pk=webhook.pk).update(failures=0)
        return True
    # A test is one attempt: somebody waits for what it says.
    if delivery.event_id and delivery.attempt < ATTEMPTS:
        pause = _pause(delivery.attempt, answer)
        delivery.move(
            "queued", guard=delivery.lease, not_before=from_now(pause), sent_at=None, **told
        )
    else:
        _give_up(delivery, told)
    return False


def _post(delivery: Delivery) -> tuple[outbound.Answer | None, str]:
    body = json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Tributary-Webhooks/1",
        "X-Tributary-Event": delivery.payload["event"]["verb"],
        "X-Tributary-Delivery": str(delivery.pk),
        "X-Tributary-Timestamp": str(timestamp),
        "X-Tributary-Signature": signature_of(secret_of(delivery.webhook.salt), timestamp, body),
    }
    try:
        return outbound.post(delivery.webhook.url, body, headers), ""
    except (outbound.Refused, outbound.Unreached) as error:
        return None, str(error)


def _pause(attempt: int, answer: outbound.Answer | None) -> float:
    """Seconds. Jittered, so that what failed together does not come back together."""
    pause = FIRST_PAUSE * 3.0 ** (attempt - 1) * random.uniform(0.8, 1.2)
    if answer and answer.status in ASK_LATER and answer.retry_after is not None:
        pause = max(pause, answer.retry_after)
    return min(pause, LONGEST_PAUSE)


def _give_up(delivery: Delivery, told: Mapping[str, Any]) -> None:
    with transaction.atomic():
        delivery.move("failed", guard=delivery.lease, finished_at=Now(), **told)
        if delivery.event_id is None:
            return
        webhook = Webhook.objects.select_for_update().get(pk=delivery.webhook_id)
        webhook.failures += 1
        if webhook.active and webhook.failures >= PATIENCE:
            webhook.active = False
            last = f"{told['response_status'] or ''} {told['response']}".strip()
            webhook.stopped_why = f"{PATIENCE} messages in a row were not taken. The last: {last}"[
                :300
            ]
            transaction.on_commit(partial(webhook_stopped, webhook), robust=True)
        webhook.save(update_fields=["failures", "active", "stopped_why"])
