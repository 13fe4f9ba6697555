from contributions.actions._accounts import set_active
from contributions.actions._limits import prose
from hub.models import User


def reinstate(*, actor: User, person: User, why: str = "") -> User:
    """Take a suspension back. Raises PermissionDenied, as `suspend`."""
    why = prose(why, field="why", most=1000)
    return set_active(actor=actor, person=person, active=True, deed="reinstated", why=why)
