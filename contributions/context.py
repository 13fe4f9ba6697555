"""What every page's header asks of this app."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from contributions import permissions
from contributions.inbox import unread_of


def header(request: HttpRequest) -> dict[str, object]:
    """`unread` (contributions.inbox.Unread): read only where a template shows it, one query at most;
    `moderates`: whether the way to moderation is shown.
    """
    return {
        "unread": SimpleLazyObject(lambda: unread_of(request.user)),
        "moderates": SimpleLazyObject(lambda: permissions.moderates(request.user)),
    }
