"""The one way to write down what people with rights did to others; in the transaction of the deed."""

from contributions.models import AuditEntry
from hub.models import User


def audit(*, actor: User, deed: str, target: str, url: str = "", why: str = "") -> AuditEntry:
    """`target` as people name it: #12, @someone, owner/name; `url` leads there on this site."""
    return AuditEntry.objects.create(
        actor=actor, deed=deed, target=target[:200], target_url=url, why=why
    )
