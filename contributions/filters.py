"""The contribution list's filters and orders, shared by its page and its API."""

import django_filters as filters
from django.db.models import Q, QuerySet
from django.forms import TextInput

from contributions import proposals
from contributions.models import Assignment, Contribution, Event, Review
from hub.keyset import Key, Sorting
from hub.models import User, WorkingGroup

Rows = QuerySet[Contribution]
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
    group = filters.ModelChoiceFilter(
        label="Working group",
        queryset=WorkingGroup.objects.all(),
        to_field_name="slug",
        help_text="A working group's slug.",
    )
    author = filters.CharFilter(
        label="Author", method="proposed_by", help_text="A username.", max_length=150
    )
    reviewed_by = filters.CharFilter(
        label="Reviewed by", method="with_review_of", help_text="A username.", max_length=150
    )
    reviewer = filters.CharFilter(
        label="Review asked of",
        method="asked_of",
        help_text="A username: their review was asked for and has not been given.",
        max_length=150,
    )
    involves = filters.CharFilter(
        label="Involves",
        method="with_part_of",
        help_text="A username: they proposed, reviewed, commented or were asked to.",
        max_length=150,
    )
    q = filters.CharFilter(
        label="Text",
        method="with_text",
        widget=TextInput(attrs={"type": "search"}),
        help_text="A piece of owner/name or of the title.",
        max_length=200,
    )

    class Meta:
        model = Contribution
        fields: list[str] = []

    def in_state(self, queryset: Rows, name: str, value: str) -> Rows:
        if value == "live":
            return queryset.filter(state__in=Contribution.live_states())
        return queryset.filter(state=value)

    def proposed_by(self, queryset: Rows, name: str, value: str) -> Rows:
        return queryset.filter(author=_person(value))

    def with_review_of(self, queryset: Rows, name: str, value: str) -> Rows:
        reviews = Review.objects.filter(reviewer=_person(value))
        return queryset.filter(pk__in=reviews.values("version__contribution"))

    def asked_of(self, queryset: Rows, name: str, value: str) -> Rows:
        assignments = Assignment.objects.filter(reviewer=_person(value))
        return queryset.filter(pk__in=assignments.values("contribution"))

    def with_part_of(self, queryset: Rows, name: str, value: str) -> Rows:
        """Whoever does anything leaves an event. Two index scans, not one condition with OR."""
        done = Event.objects.filter(actor=_person(value)).order_by()
        asked = Event.objects.filter(person=_person(value)).order_by()
        return queryset.filter(
            pk__in=done.values("contribution").union(asked.values("contribution"))
        )

    def with_text(self, queryset: Rows, name: str, value: str) -> Rows:
        """By trigrams."""
        return queryset.filter(Q(subject__icontains=value) | Q(title__icontains=value))


def _person(username: str) -> "QuerySet[User, int]":
    """As one value found before the list is read, so that an index in the list's order serves it: a
    join would sort everything that a busy author ever proposed."""
    return User.objects.filter(username=username.strip().lower()).values_list("pk", flat=True)[:1]


class QueueFilter(filters.FilterSet):  # type: ignore[misc]
    kind = filters.ChoiceFilter(label="Kind", choices=kinds)
    group = filters.ModelChoiceFilter(
        label="Working group",
        queryset=WorkingGroup.objects.all(),
        to_field_name="slug",
        help_text="A working group's slug.",
    )

    class Meta:
        model = Contribution
        fields: list[str] = []
