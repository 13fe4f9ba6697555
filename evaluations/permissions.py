"""Who may do what to runs. Predicates only; actions raise, pages hide."""

from typing import TypeGuard

from django.contrib.auth.models import AnonymousUser

from evaluations.models import Run
from hub.models import User
from hub.models.user import Role

# Runs that one member may have waiting at once, so that nobody's flood of near-copies holds up the rest.
MOST_WAITING = 20

Visitor = User | AnonymousUser


def may_request_runs(user: Visitor) -> TypeGuard[User]:
    """Everybody with an account: what is measured is public, and asking twice costs nothing."""
    return isinstance(user, User) and user.is_active


def has_no_limit(user: User) -> bool:
    """Whether `user` may have more than MOST_WAITING runs waiting."""
    return user.is_at_least(Role.MAINTAINER)


def may_replicate(user: Visitor, run: Run) -> TypeGuard[User]:
    """A person other than who asked for the run: measuring one's own again proves little."""
    return may_request_runs(user) and not user.is_bot and user.pk != run.requested_by_id


def may_cancel_run(user: Visitor, run: Run) -> bool:
    return _owns(user, run)


def may_prioritise_run(user: Visitor, run: Run) -> TypeGuard[User]:
    return _owns(user, run)


def priorities_for(user: User) -> tuple[int, int]:
    """The lowest and the highest that `user` may give: one's own runs may let others go first."""
    return (-100, 100) if user.is_at_least(Role.MAINTAINER) else (-10, 0)


def may_drain_workers(user: Visitor) -> TypeGuard[User]:
    return isinstance(user, User) and user.is_at_least(Role.MAINTAINER)


def may_retry_run(user: Visitor, run: Run) -> bool:
    return _owns(user, run)


def _owns(user: Visitor, run: Run) -> bool:
    if not isinstance(user, User) or not user.is_active:
        return False
    return user.pk == run.requested_by_id or user.is_at_least(Role.MAINTAINER)
