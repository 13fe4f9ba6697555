"""What waits for maintainers' judgement, and what those with rights did: the reads of its pages and API."""

import django_filters

from contributions.models import AbuseReport, AuditEntry, Hold
from hub.keyset import Key, Sorting

# Of each sort, oldest first; a maintainer decides one at a time.
SHOWN = 50

HOLDS = Hold.objects.select_related(
    "comment__author",
    "comment__contribution",
    "version__author",
    "version__contribution",
    "decided_by",
).order_by("pk")
REPORTS = AbuseReport.objects.select_related(
    "reporter",
    "comment__author",
    "comment__contribution",
    "contribution__author",
    "person",
    "decided_by",
)
AUDIT = AuditEntry.objects.select_related("actor")
NEWEST = Sorting({"at": Key("pk")}, default="-at", tie="pk")


class HoldFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.ChoiceFilter(choices=[(state, state) for state in Hold.MOVES])

    class Meta:
        model = Hold
        fields = ["state"]


class ReportFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.ChoiceFilter(choices=[(state, state) for state in AbuseReport.MOVES])

    class Meta:
        model = AbuseReport
        fields = ["state"]


class AuditFilter(django_filters.FilterSet):  # type: ignore[misc]
    actor = django_filters.CharFilter(field_name="actor__username", label="Who")
    deed = django_filters.CharFilter(lookup_expr="iexact", label="Deed")
    target = django_filters.CharFilter(lookup_expr="icontains", label="Whom or what")

    class Meta:
        model = AuditEntry
        fields = ["actor", "deed", "target"]
