"""Who a text speaks to: `@username`, outside of code and links (contributions/linking.py)."""

from contributions.linking import PATTERN
from hub.markdown import plain
from hub.models import User

# More would be a way to ring every bell at once.
MOST = 20


def names_in(text: str) -> list[str]:
    """Usernames as they stand there, lowered, each once, in order; at most MOST."""
    if "@" not in text:
        return []
    found = (match["person"] for piece in plain(text) for match in PATTERN.finditer(piece))
    return list(dict.fromkeys(name.lower() for name in found if name))[:MOST]


def mentioned(text: str) -> list[User]:
    """The people with an account whom `text` names. One query, none without an @."""
    names = names_in(text)
    return list(User.objects.filter(username__in=names, is_active=True)) if names else []
