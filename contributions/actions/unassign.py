from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions
from contributions.actions._events import happened
from contributions.models import Assignment, Contribution
from hub.models import User
from hub.refusal import Refusal


def unassign(*, actor: User, contribution: Contribution, reviewer: User) -> None:
    """Release somebody whose review was asked for: themselves, who asked, and maintainers.

    Raises PermissionDenied, IllegalMove (ended), Refusal `not_assigned`.
    """
    with transaction.atomic():
        contribution.hold()
        contribution.require_current("unassigned")
        asked = contribution.assignments.filter(reviewer=reviewer).first()
        if asked is None:
            message = f"Nobody waits for a review by {reviewer.username} any more."
            raise Refusal("not_assigned", message, fields={"reviewer": [message]})
        if not _may_release(actor, asked):
            raise PermissionDenied("Who was asked, who asked and maintainers take that back.")
        asked.delete()
        happened(contribution=contribution, verb="unassigned", actor=actor, person=reviewer)


def _may_release(actor: User, asked: Assignment) -> bool:
    concerned = {asked.reviewer_id, asked.assigned_by_id}
    return actor.pk in concerned or permissions.maintains(actor, asked.contribution)
