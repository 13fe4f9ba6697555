from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions
from contributions.actions._checks import announce
from contributions.actions._events import happened
from contributions.models import Check
from contributions.models.contribution import Settled
from hub.models import User
from hub.refusal import Refusal
from hub.state import IllegalMove


def rerun_check(*, actor: User, check: Check) -> Check:
    """Put a settled check of the newest version back, and those that looked at what it found.

    What the first check pinned stays pinned: a version means the same commit for ever. Raises
    PermissionDenied (author or maintainer), IllegalMove (not settled, or ended), Refusal `outdated`.
    """
    contribution = check.version.contribution
    with transaction.atomic():
        contribution.hold()
        if not (
            permissions.is_author(actor, contribution) or permissions.maintains(actor, contribution)
        ):
            raise PermissionDenied("The author and maintainers run checks again.")
        if not contribution.is_live:
            raise Settled(contribution, contribution.state)
        if check.version.number != contribution.head:
            message = f"Version {contribution.head} replaced version {check.version.number}."
            raise Refusal("outdated", message)
        check.refresh_from_db()
        if not check.is_settled:
            raise IllegalMove(check, "queued", check.state)
        for one in _affected(check):
            one.move("queued", attempt=0, sent_at=None, finished_at=None)
        check.refresh_from_db()
        announce(check)
        happened(
            contribution=contribution,
            verb="rerun",
            actor=actor,
            checked=check,
            why=check.name,
        )
    return check


def _affected(check: Check) -> list[Check]:
    """The check itself, and all that waited for it, directly or not."""
    affected, names = [check], {check.name}
    others = check.version.checks.exclude(pk=check.pk).order_by("pk")
    for other in others:
        # A version's checks are made in an order in which none comes before what it waits for.
        if names & set(other.waits_for):
            names.add(other.name)
            affected += [other] if other.is_settled else []
    return affected
