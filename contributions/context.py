"""What every page's header asks of this app."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from contributions.inbox import unread_of


def inbox(request: HttpRequest) -> dict[str, object]:
    """`unread` (contributions.inbox.Unread): read only where a template shows it. One query at most."""
    return {"unread": SimpleLazyObject(lambda: unread_of(request.user))}
