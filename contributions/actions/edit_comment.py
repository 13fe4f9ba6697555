from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now

from contributions import permissions
from contributions.actions._limits import prose
from contributions.actions._spam import is_suspicious
from contributions.actions.write_references import write_references
from contributions.models import Comment, CommentEdit, Contribution, Hold
from hub.models import User
from hub.refusal import Refusal


def edit_comment(*, actor: User, comment: Comment, body: str) -> Comment:
    """Say it in other words. What it said before stays readable for everybody.

    Raises PermissionDenied (one's own only), or Refusal: invalid, unchanged, held.
    """
    body = prose(body, field="body", missing="A comment can be edited, not emptied.")
    with transaction.atomic():
        # Of two edits at once the second keeps what the first one wrote.
        comment = Comment.objects.select_for_update(of=("self",)).get(pk=comment.pk)
        if not permissions.may_edit(actor, comment):
            raise PermissionDenied("People edit their own comments.")
        _refuse_held(comment, body)
        if comment.body == body:
            message = "That is what it says already."
            raise Refusal("unchanged", message, fields={"body": [message]})
        CommentEdit.objects.create(comment=comment, body=comment.body, edited_by=actor)
        Comment.objects.filter(pk=comment.pk).update(body=body, edited_at=Now())
        # Open pages learn of it by this.
        Contribution.objects.filter(pk=comment.contribution_id).update(updated_at=Now())
        comment.refresh_from_db()
        write_references(contribution=comment.contribution, text=body, comment=comment)
    return comment


def _refuse_held(comment: Comment, body: str) -> None:
    """What waits for a look is not changed under it, and no link comes in by an edit."""
    if Hold.objects.filter(comment=comment).exclude(state="released").exists():
        message = "It waits for a maintainer's look; what else there is to say, say in a new one."
    elif is_suspicious(comment.author, body) and not is_suspicious(comment.author, comment.body):
        message = "Links of new accounts wait for a maintainer's look: say it in a new comment."
    else:
        return
    raise Refusal("held", message, fields={"body": [message]})
