from contributions.actions._accounts import set_active
from contributions.actions._limits import prose
from hub.models import User


def suspend(*, actor: User, person: User, why: str) -> User:
    """Nobody can sign in as `person`, and their tokens are worth nothing, until they are reinstated.

    Raises PermissionDenied (maintainers; not their equals nor above), Refusal without words.
    """
    why = prose(why, field="why", most=1000, missing="Say why: other maintainers want to know.")
    return set_active(actor=actor, person=person, active=False, deed="suspended", why=why)
