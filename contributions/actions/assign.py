from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions
from contributions.actions._audit import audit
from contributions.actions._events import happened
from contributions.models import Assignment, Contribution
from contributions.suggestions import suggest_reviewers
from hub.models import User
from hub.refusal import Refusal


def assign(*, actor: User, contribution: Contribution, reviewer: User) -> Assignment:
    """Ask `reviewer` for a review; it stands until they judge or are released.

    Maintainers ask anybody who may review, reviewers ask themselves, the author asks those who are
    suggested. Raises PermissionDenied, IllegalMove (ended), Refusal: cannot_review, already_assigned.
    """
    with transaction.atomic():
        contribution.hold()
        contribution.require_current("assigned")
        if not permissions.reviews(reviewer, contribution):
            message = f"{reviewer.username} does not review this contribution."
            raise Refusal("cannot_review", message, fields={"reviewer": [message]})
        if not _may_ask(actor, contribution, reviewer):
            raise PermissionDenied(
                "Maintainers ask for reviews, reviewers ask themselves, and the author asks those who "
                "are suggested."
            )
        # The row is held, so of two who ask the second finds the assignment of the first.
        there = contribution.assignments.filter(reviewer=reviewer).select_related("assigned_by")
        if asked := there.first():
            message = f"{asked.assigned_by.username} asked {reviewer.username} already."
            raise Refusal("already_assigned", message, fields={"reviewer": [message]})
        assignment = Assignment.objects.create(
            contribution=contribution, reviewer=reviewer, assigned_by=actor
        )
        happened(contribution=contribution, verb="assigned", actor=actor, person=reviewer)
        if actor != reviewer and permissions.maintains(actor, contribution):
            audit(
                actor=actor,
                deed="assigned",
                target=f"@{reviewer.username}",
                url=contribution.get_absolute_url(),
                why=f"to review #{contribution.pk}",
            )
    return assignment


def _may_ask(actor: User, contribution: Contribution, reviewer: User) -> bool:
    if actor == reviewer or permissions.maintains(actor, contribution):
        return True
    return permissions.is_author(actor, contribution) and any(
        one.person == reviewer for one in suggest_reviewers(contribution)
    )
