"""Who may do what to a contribution. Actions, pages and API ask here; what a merge still lacks is
another question (requirements.py).

A predicate answers about the person and the contribution as they stand; an action asks again with
the row held, so a page that was drawn a minute ago grants nothing.
"""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Func, OuterRef, Q, QuerySet, Value
from django.urls import reverse

from contributions.concern import is_concerned
from contributions.models import Block, Comment, Contribution, Hold, Thread
from hub.models import Scope, User, WorkingGroup
from hub.models.scope import ScopeRole
from hub.models.user import RANKS, Role

Person = User | AnonymousUser
REVIEWING_ROLES = [role for role, rank in RANKS.items() if rank >= RANKS[Role.REVIEWER]]


def may_submit(person: Person) -> bool:
    return isinstance(person, User) and person.is_active


def may_comment(person: Person) -> bool:
    """Also after the end: what was merged is talked about."""
    return may_submit(person)


def may_edit(person: Person, comment: Comment) -> bool:
    """One's own, however old it is; what it said before stays readable."""
    return may_comment(person) and person.pk == comment.author_id


def is_shut_out(person: User, contribution: Contribution) -> bool:
    """Blocked by whoever proposed this. Maintainers and those whose review was asked for are heard."""
    blocked = Block.objects.filter(blocker=contribution.author_id, blocked=person).exists()
    return blocked and not (
        maintains(person, contribution) or contribution.assignments.filter(reviewer=person).exists()
    )


def moderates(person: Person) -> bool:
    """Looks at held texts and reports, suspends people, reads what others with rights did."""
    return isinstance(person, User) and acts(person) and person.is_at_least(Role.MAINTAINER)


def may_suspend(person: Person, other: User) -> bool:
    """Not their equals, nor anybody above."""
    return (
        isinstance(person, User)
        and moderates(person)
        and RANKS[Role(person.role)] > RANKS[Role(other.role)]
    )


def may_read_hold(person: Person, hold: Hold) -> bool:
    return moderates(person) or (may_submit(person) and person == hold.author)


def is_author(person: Person, contribution: Contribution) -> bool:
    return may_submit(person) and person.pk == contribution.author_id


def acts(person: Person) -> bool:
    """Somebody who may hold rights over others' work. Programs propose and comment; people decide."""
    return isinstance(person, User) and person.is_active and not person.is_bot


def maintains(person: Person, contribution: Contribution) -> bool:
    """A maintainer of the hub, or by scope of what this contribution is about."""
    if not isinstance(person, User) or not acts(person):
        return False
    if person.is_at_least(Role.MAINTAINER):
        return True
    return scopes_of(contribution).filter(person=person, role=ScopeRole.MAINTAINER).exists()


def wrote(person: User, contribution: Contribution) -> bool:
    """Wrote or signed off any version of it; nobody judges what they had a part in."""
    versions = contribution.versions.filter(Q(author=person) | Q(signed_by=person))
    return person.pk == contribution.author_id or versions.exists()


def may_revise(person: Person, contribution: Contribution) -> bool:
    return contribution.is_live and is_author(person, contribution)


def may_withdraw(person: Person, contribution: Contribution) -> bool:
    return contribution.is_live and is_author(person, contribution)


def may_rerun(person: Person, contribution: Contribution) -> bool:
    return contribution.is_live and (
        is_author(person, contribution) or maintains(person, contribution)
    )


def reviews(person: Person, contribution: Contribution) -> bool:
    """Has the role or a scope to review this, and had no part in writing it or what it flags."""
    if not isinstance(person, User) or not acts(person) or wrote(person, contribution):
        return False
    if is_concerned(person, contribution):
        return False
    if person.is_at_least(Role.REVIEWER):
        return True
    return scopes_of(contribution).filter(person=person).exists()


def may_review(person: Person, contribution: Contribution) -> bool:
    return contribution.is_live and reviews(person, contribution)


def merges(person: Person, contribution: Contribution) -> bool:
    """Maintains this, and had no part in writing it or what it flags."""
    return (
        isinstance(person, User)
        and closes(person, contribution)
        and not wrote(person, contribution)
    )


def closes(person: Person, contribution: Contribution) -> bool:
    """Maintains this; nobody dismisses a flag on what they brought."""
    return (
        isinstance(person, User)
        and maintains(person, contribution)
        and not is_concerned(person, contribution)
    )


def may_merge(person: Person, contribution: Contribution) -> bool:
    """The person could; whether the contribution is ready, `merge_requirements` says."""
    return contribution.is_live and merges(person, contribution)


def may_close(person: Person, contribution: Contribution) -> bool:
    return contribution.is_live and closes(person, contribution)


def may_run_groups(person: Person) -> bool:
    """Says who looks after what, and what a merge needs."""
    return isinstance(person, User) and acts(person) and person.is_at_least(Role.MAINTAINER)


def group_url(group: WorkingGroup) -> str:
    return reverse("group_detail", args=[group.slug])


def has_queue(person: Person) -> bool:
    """Whether reviews may wait for this person at all."""
    if not isinstance(person, User) or not acts(person):
        return False
    return person.is_at_least(Role.REVIEWER) or person.scopes.exists()


def settles(person: Person, thread: Thread) -> bool:
    """Resolves and reopens it: whoever opened it, the author and maintainers."""
    if not may_submit(person):
        return False
    concerned = {thread.opened_by_id, thread.contribution.author_id}
    return person.pk in concerned or maintains(person, thread.contribution)


def scopes_of(contribution: Contribution) -> QuerySet[Scope]:
    """Of everybody who looks after what this contribution is about."""
    return Scope.objects.covering(
        group=contribution.group_id, kind=contribution.kind, owner=contribution.namespace
    )


def scopes_over(path: str = "") -> QuerySet[Scope]:
    """The same in a subquery, for rows from which `path` leads to the contribution."""
    return Scope.objects.covering(
        group=OuterRef(f"{path}group"),
        kind=OuterRef(f"{path}kind"),
        owner=Func(OuterRef(f"{path}subject"), Value("/"), Value(1), function="split_part"),
    )
