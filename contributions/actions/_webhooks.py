"""What the actions on webhooks share: whose they are, and what an address and a choice may be."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied

from contributions import proposals
from contributions.models import Webhook
from contributions.sentences import DEEDS
from hub import outbound
from hub.models import User, WorkingGroup
from hub.refusal import Refusal

# That are on, of one person.
MOST = 10


@dataclass(frozen=True)
class Wish:
    """Where to, and of what; empty verbs and kinds and no group mean all of them."""

    url: str
    verbs: Sequence[str] = ()
    kinds: Sequence[str] = ()
    group: WorkingGroup | None = None

    def check(self) -> None:
        """Raises Refusal `invalid` with each field's errors."""
        wrong: dict[str, list[str]] = {}
        try:
            outbound.check_url(self.url)
        except outbound.Refused as refused:
            wrong["url"] = [str(refused)]
        for name, known in (("verbs", DEEDS), ("kinds", proposals.KINDS)):
            if unknown := sorted(set(getattr(self, name)) - set(known)):
                wrong[name] = [f"Unknown: {', '.join(unknown)}. Known: {', '.join(known)}."]
        if wrong:
            message = " ".join(text for texts in wrong.values() for text in texts)
            raise Refusal("invalid", message, fields=wrong)


def require_owner(actor: User, webhook: Webhook) -> None:
    if webhook.owner_id != actor.pk:
        raise PermissionDenied("A webhook is its owner's.")


def refuse_too_many(owner: User) -> None:
    """With the owner's row held: of many requests at once no more than MOST get through."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if Webhook.objects.filter(owner=owner, active=True).count() >= MOST:
        raise Refusal("too_many", f"You have {MOST} webhooks already. Switch one off first.")
