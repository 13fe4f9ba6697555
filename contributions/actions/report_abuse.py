from django.core.exceptions import PermissionDenied

from contributions import permissions
from contributions.actions._limits import prose
from contributions.models import AbuseReport, Comment, Contribution
from hub.models import User
from hub.refusal import Refusal

WHY_LENGTH = 2000


def report_abuse(
    *,
    reporter: User,
    why: str,
    comment: Comment | None = None,
    contribution: Contribution | None = None,
    person: User | None = None,
) -> AbuseReport:
    """Tell maintainers of a text or a person. One open report a reporter and thing.

    Raises PermissionDenied, Refusal: invalid, already_open.
    """
    if not permissions.may_submit(reporter):
        raise PermissionDenied("Only people with an active account report.")
    why = prose(why, field="why", most=WHY_LENGTH, missing="Say what is wrong with it.")
    about = {"comment": comment, "contribution": contribution, "person": person}
    if sum(thing is not None for thing in about.values()) != 1:
        raise Refusal("invalid", "Report a comment, a contribution or a person.")
    if AbuseReport.objects.filter(reporter=reporter, state="open", **about).exists():
        raise Refusal("already_open", "You have reported this; a maintainer will look at it.")
    return AbuseReport.objects.create(reporter=reporter, why=why, **about)
