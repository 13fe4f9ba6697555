"""What one may do about a person, on their page; registered when this is imported (apps.py)."""

from django.http import HttpRequest

from contributions import permissions
from contributions.models import Block
from hub import panels
from hub.models import User


def person_tools(request: HttpRequest, person: User) -> panels.Filled | None:
    """Block, report, suspend. One query."""
    if not permissions.may_submit(request.user) or request.user == person:
        return None
    context = {
        "blocked": Block.objects.filter(blocker=request.user.pk, blocked=person).exists(),
        "may_suspend": permissions.may_suspend(request.user, person),
    }
    return "contributions/moderation/_person_tools.html", context


panels.register("person", person_tools, order=90)
