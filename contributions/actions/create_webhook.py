from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions
from contributions.actions._webhooks import Wish, refuse_too_many
from contributions.models import Webhook
from contributions.signing import new_salt
from hub.models import User


def create_webhook(*, owner: User, wish: Wish) -> Webhook:
    """Raises PermissionDenied, or Refusal: invalid, too_many. Its secret: signing.secret_of(salt)."""
    if not permissions.may_comment(owner):
        raise PermissionDenied("Only people with an active account have webhooks.")
    wish.check()
    with transaction.atomic():
        refuse_too_many(owner)
        return Webhook.objects.create(
            owner=owner,
            url=wish.url,
            verbs=list(wish.verbs),
            kinds=list(wish.kinds),
            group=wish.group,
            salt=new_salt(),
        )
