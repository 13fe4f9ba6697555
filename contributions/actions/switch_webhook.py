from django.db import transaction

from contributions.actions._webhooks import refuse_too_many, require_owner
from contributions.models import Webhook
from hub.models import User


def switch_webhook(*, actor: User, webhook: Webhook, on: bool) -> Webhook:
    """Off: it hears nothing more, and what waits is cancelled by the next sweep. Its log stays.

    On: failures are forgotten. Raises PermissionDenied, Refusal `too_many`.
    """
    require_owner(actor, webhook)
    with transaction.atomic():
        if on and not webhook.active:
            refuse_too_many(actor)
        webhook.active, webhook.stopped_why, webhook.failures = on, "", 0
        webhook.save(update_fields=["active", "stopped_why", "failures"])
    return webhook
