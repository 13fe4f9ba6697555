"""What tests of moderation tell again and again."""

from contributions.actions.comment import comment
from contributions.models import Contribution, Hold
from hub.models import User

LINK = "Look at https://spam.example/pills for more."


def held_comment(author: User, contribution: Contribution, body: str = LINK) -> Hold:
    """What a new account writes with a link in it."""
    said = comment(author=author, contribution=contribution, body=body)
    return Hold.objects.select_related("comment__author", "comment__contribution").get(comment=said)
