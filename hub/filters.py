"""What the lists of the catalogue can be narrowed and sorted by; pages and the API share it."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from hub.keyset import Key, Sorting
from hub.models import Checkpoint, Dataset, ModelVariant
from hub.models.dataset import Purpose
from hub.models.lineage import Relation

BILLION = 10**9
# name in the address: (word, at least, less than), parameters
SIZES: dict[str, tuple[str, int, int | None]] = {
    "under-1b": ("under 1 B", 0, BILLION),
    "1b-4b": ("1 to 4 B", BILLION, 4 * BILLION),
    "4b-10b": ("4 to 10 B", 4 * BILLION, 10 * BILLION),
    "10b-40b": ("10 to 40 B", 10 * BILLION, 40 * BILLION),
    "over-40b": ("over 40 B", 40 * BILLION, None),
}
STATES = [("published", "published"), ("retired", "retired")]

VARIANT_SORTING = Sorting(
    {
        "added": Key("created_at"),
        "updated": Key("updated_at"),
        "name": Key("name"),
        "owner": Key("owner"),
        "parameters": Key("parameters", nullable=True),
        "licence": Key("licence"),
    },
    default="-added",
)
DATASET_SORTING = Sorting(
    {
        "added": Key("created_at"),
        "updated": Key("updated_at"),
        "name": Key("name"),
        "owner": Key("owner"),
        "licence": Key("licence"),
    },
    default="-added",
)
CHECKPOINT_SORTING = Sorting(
    {
        "added": Key("created_at"),
        "size": Key("size"),
        "parameters": Key("parameters", nullable=True),
    },
    default="-added",
)


class EntryFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Shared by variants and datasets. Retired entries show only when asked for."""

    q = django_filters.CharFilter(
        method="matching", label="Words", help_text="Words of the name, summary and tags."
    )
    owner = django_filters.CharFilter(lookup_expr="iexact", label="Owner")
    licence = django_filters.CharFilter(lookup_expr="iexact", label="Licence")
    tag = django_filters.CharFilter(field_name="tags", method="tagged", label="Tag")
    state = django_filters.ChoiceFilter(
        choices=STATES, label="State", help_text="Default: published."
    )

    def matching(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.matching(value)

    def tagged(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(tags__contains=[value])

    def filter_queryset(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        narrowed: QuerySet[Any] = super().filter_queryset(queryset)
        asked = self.form.cleaned_data.get("state")
        return narrowed if asked else narrowed.filter(state="published")

    @property
    def qs(self) -> "QuerySet[Any]":
        # An unbound FilterSet filters nothing; the default above must hold all the same.
        if not self.is_bound:
            published: QuerySet[Any] = self.queryset.filter(state="published")
            return published
        found: QuerySet[Any] = super().qs
        return found


class VariantFilter(EntryFilter):
    relation = django_filters.ChoiceFilter(
        choices=[choice for choice in Relation.choices if choice[0] not in ("judged_by",)],
        label="Relation",
        help_text="How it came from its first parent.",
    )
    architecture = django_filters.CharFilter(lookup_expr="iexact", label="Architecture")
    size = django_filters.ChoiceFilter(
        choices=[(key, word) for key, (word, _, _) in SIZES.items()],
        method="sized",
        label="Size",
        help_text="Parameters.",
    )
    parameters_min = django_filters.NumberFilter(
        field_name="parameters", lookup_expr="gte", label="At least so many parameters"
    )
    parameters_max = django_filters.NumberFilter(
        field_name="parameters", lookup_expr="lte", label="At most so many parameters"
    )
    parent = django_filters.CharFilter(
        method="descending_from", label="Parent", help_text="`owner/name` of a variant or dataset."
    )

    class Meta:
        model = ModelVariant
        fields: list[str] = []

    def sized(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        _, least, below = SIZES[value]
        upper = Q(parameters__lt=below) if below else Q()
        return queryset.filter(upper, parameters__gte=least)

    def descending_from(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        return queryset.filter(parent_edges__parent_name__iexact=value).distinct()


class DatasetFilter(EntryFilter):
    purpose = django_filters.ChoiceFilter(choices=Purpose.choices, label="Purpose")

    class Meta:
        model = Dataset
        fields: list[str] = []


class CheckpointFilter(django_filters.FilterSet):  # type: ignore[misc]
    variant = django_filters.CharFilter(
        method="of_variant", label="Variant", help_text="`owner/name`."
    )
    digest = django_filters.CharFilter(label="Digest of everything that is evaluated")
    weights_digest = django_filters.CharFilter(label="Digest of the weights alone")
    commit = django_filters.CharFilter(lookup_expr="istartswith", label="Commit or its beginning")

    class Meta:
        model = Checkpoint
        fields: list[str] = []

    def of_variant(self, queryset: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        owner, _, variant = value.partition("/")
        return queryset.filter(variant__in=ModelVariant.objects.named(owner, variant))
