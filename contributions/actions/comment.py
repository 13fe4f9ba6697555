from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now

from contributions import permissions
from contributions.actions._events import happened
from contributions.actions._limits import prose
from contributions.actions._spam import hold_if_suspicious
from contributions.actions.write_references import write_references
from contributions.models import Comment, Contribution, Thread
from contributions.quota import spend_comment
from hub.models import User


def comment(
    *, author: User, contribution: Contribution, body: str, thread: Thread | None = None
) -> Comment:
    """Say something in the conversation or in a thread of it, also after the end.

    Raises PermissionDenied, Refusal `invalid` and `quota`.
    """
    if not permissions.may_comment(author):
        raise PermissionDenied("Only people with an active account comment.")
    if permissions.is_shut_out(author, contribution):
        raise PermissionDenied("Whoever proposed this does not want to hear from you.")
    body = prose(body, field="body", missing="Write something first.")
    with transaction.atomic():
        spend_comment(author)
        said = Comment.objects.create(
            contribution=contribution, thread=thread, author=author, body=body
        )
        Contribution.objects.filter(pk=contribution.pk).update(updated_at=Now())
        happened(
            contribution=contribution,
            verb="commented",
            actor=author,
            comment=said,
            thread=thread,
        )
        if hold_if_suspicious(author=author, comment=said) is None:
            write_references(contribution=contribution, text=body, comment=said)
    return said
