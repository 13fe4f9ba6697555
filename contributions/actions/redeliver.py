from django.db import transaction
from django.db.models.functions import Now

from contributions.actions._webhooks import require_owner
from contributions.models import Delivery
from hub.models import User
from hub.queue import POST, send_on_commit
from hub.refusal import Refusal


def redeliver(*, actor: User, delivery: Delivery) -> Delivery:
    """Send again what was given up. Raises PermissionDenied, IllegalMove, Refusal `switched_off`."""
    require_owner(actor, delivery.webhook)
    if not delivery.webhook.active:
        raise Refusal("switched_off", "Switch the webhook on first.")
    with transaction.atomic():
        delivery.move("queued", attempt=0, not_before=None, sent_at=Now(), finished_at=None)
        send_on_commit("contributions.deliver", delivery.webhook_id, queue=POST)
    return delivery
