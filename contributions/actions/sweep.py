"""Finds work whose message or worker is gone. Idempotent: two sweepers at once do no harm."""

import logging

from django.conf import settings
from django.db import transaction

from contributions.actions._checks import announce
from contributions.actions.settle import settle
from contributions.models import Check
from contributions.models.check import Whose
from hub.state import IllegalMove

logger = logging.getLogger(__name__)

# Sent this long ago and still waiting: the message is lost, or the retry's pause is over.
RESEND_SECONDS = 30
BATCH = 200


def sweep() -> int:
    """Take overdue checks back and send waiting ones again. How many were touched."""
    touched = sum(_take_back(check) for check in Check.objects.overdue()[:BATCH])
    with transaction.atomic():
        waiting = Check.objects.unsent(RESEND_SECONDS).ready()
        lost = list(waiting.select_for_update(skip_locked=True, of=("self",))[:BATCH])
        announce(*lost)
    return touched + len(lost)


def _take_back(check: Check) -> bool:
    """The guard names the lease that ran out: a worker that comes back in time keeps its check."""
    try:
        if check.attempt < settings.MAX_ATTEMPTS:
            check.move("queued", guard=check.lease, sent_at=None, worker="")
        else:
            settle(
                check,
                "errored",
                summary=f"The worker was lost {check.attempt} times. The hub has to look into it.",
                code="worker_lost",
                whose=Whose.HUB,
            )
    except IllegalMove as error:
        logger.info("check %s was not taken back: %s", check.pk, error)
        return False
    return True
