from django.db import transaction

from contributions.actions.comment import comment
from contributions.models import Comment, Thread
from hub.models import User


def answer_thread(*, author: User, thread: Thread, body: str) -> Comment:
    """Say something in a thread, also in a resolved one. Raises PermissionDenied, IllegalMove, Refusal."""
    contribution = thread.contribution
    with transaction.atomic():
        contribution.hold()
        contribution.require_current("discussed")
        return comment(author=author, contribution=contribution, thread=thread, body=body)
