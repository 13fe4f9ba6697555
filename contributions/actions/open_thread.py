from django.db import transaction

from contributions import proposals
from contributions.actions.comment import comment
from contributions.models import Contribution, Thread
from contributions.threads import quoted
from hub.models import User
from hub.refusal import Refusal


def open_thread(
    *,
    author: User,
    contribution: Contribution,
    head: int,
    field: str,
    body: str,
    line: int | None = None,
) -> Thread:
    """Start a conversation about a field of version `head`, or about one `line` of it (from 1).

    Raises PermissionDenied, IllegalMove (ended, or a newer version exists), Refusal `invalid`.
    """
    with transaction.atomic():
        contribution.hold()
        contribution.require_current("discussed", head=head)
        version = contribution.versions.get(number=head)
        text = quoted(proposals.get(contribution.kind), version.payload, field, line)
        if text is None:
            message = f"Version {head} has no such field or line."
            raise Refusal("invalid", message, fields={"field": [message]})
        thread = Thread.objects.create(
            contribution=contribution,
            version_number=head,
            field=field,
            line=line,
            quote=text[: Thread.QUOTE_LENGTH],
            opened_by=author,
        )
        comment(author=author, contribution=contribution, thread=thread, body=body)
    return thread
