"""Who may do what to runs. Predicates only; actions raise, pages hide."""

from collections.abc import Set
from typing import TypeGuard

from django.contrib.auth.models import AnonymousUser

from evaluations.models import BenchmarkVersion, Run, Upload
from evaluations.turns import group_share, shares_of
from hub.models import User, WorkingGroup
from hub.models.user import Role

# Runs that one member may have waiting at once, so that nobody's flood of near-copies holds up the rest.
MOST_WAITING = 20

Visitor = User | AnonymousUser


def may_request_runs(user: Visitor) -> TypeGuard[User]:
    """Everybody with an account: what is measured is public, and asking twice costs nothing."""
    return isinstance(user, User) and user.is_active


def may_see_answers(user: Visitor, version: BenchmarkVersion) -> bool:
    """Questions, targets and what models wrote; outcomes are everybody's."""
    return not version.confidential or may_rescore(user)


def may_rescore(user: Visitor) -> TypeGuard[User]:
    return isinstance(user, User) and user.is_active and user.is_at_least(Role.MAINTAINER)


def has_no_limit(user: User) -> bool:
    """Whether `user` may have more than MOST_WAITING runs waiting."""
    return user.is_at_least(Role.MAINTAINER)


def may_replicate(user: Visitor, run: Run) -> TypeGuard[User]:
    """A person other than who asked for the run: measuring one's own again proves little."""
    return may_request_runs(user) and not user.is_bot and user.pk != run.requested_by_id


def may_upload(user: Visitor) -> TypeGuard[User]:
    """A person, who answers for it; a program hands its results to one."""
    return may_request_runs(user) and not user.is_bot


def may_see_samples(user: Visitor, upload: Upload, task: str = "") -> bool:
    """Answers to a confidential benchmark are for who sent them and for maintainers."""
    tasks = [task] if task else list(upload.samples)
    if not BenchmarkVersion.objects.filter(task__in=tasks, confidential=True).exists():
        return True
    if not isinstance(user, User) or not user.is_active:
        return False
    return user.pk == upload.uploaded_by_id or user.is_at_least(Role.MAINTAINER)


def may_vote(user: Visitor, run: Run, shares: Set[str] | None = None) -> TypeGuard[User]:
    """A person neither who asked for the run nor of the share that it counts against. `shares` saves
    a query where they were read already (turns.shares_of)."""
    if not may_request_runs(user) or user.is_bot or user.pk == run.requested_by_id:
        return False
    return run.share not in (shares_of(user) if shares is None else shares)


def may_ask_for_group(user: Visitor, group: WorkingGroup) -> TypeGuard[User]:
    """Whoever looks after something in it."""
    return may_request_runs(user) and group_share(group) in shares_of(user)


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
