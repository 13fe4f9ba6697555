"""The contribution list's filters and orders, shared by its page and its API."""

import django_filters as filters
from django.db.models import QuerySet
from django.forms import TextInput

from contributions import proposals
from contributions.models import Contribution
from hub.keyset import Key, Sorting
from hub.models import User, WorkingGroup

STATES = [
    ("live", "open in any way"),
    ("open", "open"),
    ("changes_requested", "changes requested"),
    ("approved", "approved"),
    ("merged", "merged"),
    ("closed", "closed"),
    ("withdrawn", "withdrawn"),
]
SORTING = Sorting(
    choices={
        "number": Key("pk"),
        "updated": Key("updated_at"),
        "subject": Key("subject"),
    },
    default="-number",
)


def kinds() -> list[tuple[str, str]]:
    return [(kind, proposal.label) for kind, proposal in proposals.KINDS.items()]


class ContributionFilter(filters.FilterSet):  # type: ignore[misc]
    state = filters.ChoiceFilter(
        label="State", choices=STATES, method="in_state", help_text="`live`: not ended yet."
    )
    kind = filters.ChoiceFilter(label="Kind", choices=kinds)
    author = filters.CharFilter(
        label="Author", field_name="author__username", lookup_expr="iexact", help_text="A username."
    )
    group = filters.ModelChoiceFilter(
        label="Working group",
        queryset=WorkingGroup.objects.all(),
        to_field_name="slug",
        help_text="A working group's slug.",
    )
    subject = filters.CharFilter(
        label="Subject",
        lookup_expr="icontains",
        widget=TextInput(attrs={"type": "search"}),
        help_text="A piece of owner/name.",
    )
    reviewed_by = filters.CharFilter(
        label="Reviewed by", method="with_review_of", help_text="A username."
    )

    class Meta:
        model = Contribution
        fields: list[str] = []

    def in_state(
        self, queryset: QuerySet[Contribution], name: str, value: str
    ) -> QuerySet[Contribution]:
        if value == "live":
            return queryset.filter(state__in=Contribution.live_states())
        return queryset.filter(state=value)

    def with_review_of(
        self, queryset: QuerySet[Contribution], name: str, value: str
    ) -> QuerySet[Contribution]:
        """By a subquery: a join would show a contribution once for each of the person's reviews."""
        people = User.objects.filter(username__iexact=value)
        reviewed = Contribution.objects.filter(versions__reviews__reviewer__in=people)
        return queryset.filter(pk__in=reviewed.values("pk"))
