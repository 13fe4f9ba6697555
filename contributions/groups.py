"""Working groups as pages and API show them: who looks after what, and what a merge needs."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from contributions.models import Contribution
from contributions.proposals import KINDS
from hub.models import Scope, WorkingGroup

SHOWN = 20


def listed_groups() -> QuerySet[WorkingGroup]:
    """With `open_count` and `people_count`. One query."""
    live = Q(contribution__state__in=Contribution.live_states())
    return WorkingGroup.objects.annotate(
        open_count=Count("contribution", filter=live, distinct=True),
        people_count=Count("scopes__person", distinct=True),
    )


@dataclass(frozen=True)
class GroupPage:
    group: WorkingGroup
    scopes: Sequence[Scope]
    # Oldest first, as many as are shown.
    contributions: Sequence[Contribution]
    # Labels of the kinds that come to it by themselves.
    kinds: Sequence[str]


def read_group(group: WorkingGroup) -> GroupPage:
    """Two queries."""
    scopes = group.scopes.select_related("person").order_by("role", "person__username", "pk")
    waiting = Contribution.objects.open().filter(group=group).select_related("author", "group")
    return GroupPage(
        group=group,
        scopes=list(scopes),
        contributions=list(waiting.order_by("pk")[:SHOWN]),
        kinds=[proposal.label for proposal in KINDS.values() if proposal.group == group.slug],
    )
