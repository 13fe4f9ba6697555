from django.db import transaction
from django.db.models.functions import Now

from contributions.actions._webhooks import require_owner
from contributions.models import Delivery, Webhook
from contributions.payload import ping_of
from hub.models import User
from hub.queue import POST, send_on_commit
from hub.refusal import Refusal

# Waiting tests of one webhook: a button pressed again and again is no way to flood somebody.
MOST_WAITING = 3


def try_webhook(*, actor: User, webhook: Webhook) -> Delivery:
    """Send it a ping. Raises PermissionDenied, Refusal: switched_off, busy."""
    require_owner(actor, webhook)
    if not webhook.active:
        raise Refusal("switched_off", "Switch the webhook on first.")
    with transaction.atomic():
        Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
        waiting = webhook.deliveries.filter(event=None, state__in=["queued", "sending"])
        if waiting.count() >= MOST_WAITING:
            raise Refusal("busy", "Earlier tests are still on their way; look at the log.")
        ping = Delivery.objects.create(webhook=webhook, payload=ping_of(webhook), sent_at=Now())
        send_on_commit("contributions.deliver", webhook.pk, queue=POST)
    return ping
