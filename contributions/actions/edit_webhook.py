from contributions.actions._webhooks import Wish, require_owner
from contributions.models import Webhook
from hub.models import User


def edit_webhook(*, actor: User, webhook: Webhook, wish: Wish) -> Webhook:
    """Where it goes and what of; its secret stays. Raises PermissionDenied, Refusal `invalid`."""
    require_owner(actor, webhook)
    wish.check()
    webhook.url, webhook.group = wish.url, wish.group
    webhook.verbs, webhook.kinds = list(wish.verbs), list(wish.kinds)
    webhook.save(update_fields=["url", "verbs", "kinds", "group"])
    return webhook
