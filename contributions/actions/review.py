from django.core.exceptions import PermissionDenied
from django.db import transaction

from contributions import permissions
from contributions.actions._events import happened
from contributions.actions._limits import prose
from contributions.actions.write_references import write_references
from contributions.models import Contribution, Review
from contributions.models.review import Verdict
from hub.models import User
from hub.refusal import Refusal

LEADS_TO = {Verdict.APPROVE: "approved", Verdict.REQUEST_CHANGES: "changes_requested"}


def review(
    *, reviewer: User, contribution: Contribution, head: int, verdict: str, body: str = ""
) -> Review:
    """Record a verdict on version `head`, the one that was read; nobody waits for theirs any more.

    Raises PermissionDenied (reviewers, never on their own), IllegalMove (ended, or a newer version
    exists), or Refusal `invalid`: unknown verdict, or a request for changes that names none.
    """
    if verdict not in Verdict.values:
        message = f"Choose one of {', '.join(Verdict.values)}."
        raise Refusal("invalid", message, fields={"verdict": [message]})
    wanted = "" if verdict == Verdict.APPROVE else "Say what has to change."
    body = prose(body, field="body", missing=wanted)
    with transaction.atomic():
        contribution.hold()
        if not permissions.reviews(reviewer, contribution):
            raise PermissionDenied("Reviewers review, and never what they had a part in.")
        left, leads_to = contribution.state, LEADS_TO[Verdict(verdict)]
        contribution.require_current(leads_to, head=head)
        # A second approval of an approved version is one more review, and no move.
        if left != leads_to:
            contribution.move_on(leads_to, head=head)
        given = Review.objects.create(
            version=contribution.versions.get(number=head),
            reviewer=reviewer,
            verdict=verdict,
            body=body,
        )
        contribution.assignments.filter(reviewer=reviewer).delete()
        happened(
            contribution=contribution,
            verb="reviewed",
            actor=reviewer,
            version_number=head,
            from_state=left,
            to_state=contribution.state,
            review=given,
        )
        write_references(contribution=contribution, text=body, actor=reviewer)
    return given
