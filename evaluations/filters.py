"""What lists of benchmarks, recipes, runs and scores can be narrowed to; pages and API share these."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from evaluations.models import (
    Benchmark,
    Board,
    Claim,
    Recipe,
    Rescoring,
    Run,
    RunItem,
    Score,
    Upload,
    Worker,
)
from evaluations.models.claim import ReporterRole
from evaluations.tiers import MEASURED, REPLICATED
from evaluations.turns import person_share
from hub.keyset import Key, Sorting
from hub.models import User

# The boards on which somebody stands come first.
BOARD_SORTING = Sorting({"size": Key("size"), "title": Key("title")}, default="-size")
BENCHMARK_SORTING = Sorting({"name": Key("name")}, default="name")
CLAIM_SORTING = Sorting({"added": Key("pk"), "value": Key("value")}, default="-added", tie="pk")
UPLOAD_SORTING = Sorting({"uploaded": Key("pk")}, default="-uploaded", tie="pk")
RESCORING_SORTING = Sorting({"requested": Key("pk")}, default="-requested", tie="pk")
STATES = [(state, state) for state in Run.MOVES]


def _by_name(queryset: "QuerySet[Any]", path: str, full_name: str) -> "QuerySet[Any]":
    """Rows of the variant `owner/name`; none for a name without a slash."""
    owner, _, name = full_name.partition("/")
    return queryset.filter(**{f"{path}__owner": owner, f"{path}__name": name})


class OfCheckpoint(django_filters.FilterSet):  # type: ignore[misc]
    """Shared: what hangs on a checkpoint."""

    variant = django_filters.CharFilter(
        method="of_variant", label="Variant", help_text="owner/name"
    )
    checkpoint = django_filters.NumberFilter(field_name="checkpoint_id", label="Checkpoint")

    def of_variant(self, queryset: "QuerySet[Any]", _: str, value: str) -> "QuerySet[Any]":
        return _by_name(queryset, "checkpoint__variant", value)


class BenchmarkFilter(django_filters.FilterSet):  # type: ignore[misc]
    harness = django_filters.CharFilter(field_name="versions__harness", distinct=True)

    class Meta:
        model = Benchmark
        fields = ["harness"]


class BoardFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Boards are few; they are only paged."""

    class Meta:
        model = Board
        fields: list[str] = []


class RecipeFilter(django_filters.FilterSet):  # type: ignore[misc]
    benchmark = django_filters.CharFilter(field_name="benchmark_version__benchmark__slug")
    board = django_filters.CharFilter(method="of_board", label="Board")

    class Meta:
        model = Recipe
        fields = ["benchmark", "board", "queue"]

    def of_board(self, queryset: "QuerySet[Any]", _: str, value: str) -> "QuerySet[Any]":
        return queryset.filter(columns__board__slug=value, columns__board__current=True)


class OfPerson(django_filters.FilterSet):  # type: ignore[misc]
    """Shared: runs that somebody asked for, or that count against them."""

    queue = django_filters.CharFilter(label="Queue")
    person = django_filters.CharFilter(method="of_person", label="Person")

    def of_person(self, queryset: "QuerySet[Any]", _: str, username: str) -> "QuerySet[Any]":
        found = User.objects.filter(username__iexact=username).first()
        return _of_person(queryset, found) if found else queryset.none()


class QueueFilter(OfPerson):
    """What the page of the queue can be narrowed to."""

    mine = django_filters.BooleanFilter(method="of_visitor", label="Mine")

    class Meta:
        model = Run
        fields = ["queue", "person", "mine"]

    def of_visitor(self, queryset: "QuerySet[Any]", _: str, mine: Any) -> "QuerySet[Any]":
        visitor = self.request.user
        return _of_person(queryset, visitor) if mine and visitor.is_authenticated else queryset


def _of_person(queryset: "QuerySet[Any]", person: User) -> "QuerySet[Any]":
    return queryset.filter(Q(requested_by=person) | Q(share=person_share(person)))


class RunFilter(OfPerson, OfCheckpoint):
    state = django_filters.MultipleChoiceFilter(choices=STATES, label="State")
    requested_by = django_filters.CharFilter(
        field_name="requested_by__username", label="Requested by"
    )
    recipe = django_filters.CharFilter(field_name="items__recipe__digest", label="Recipe")
    benchmark = django_filters.CharFilter(method="of_benchmark", label="Benchmark")

    class Meta:
        model = Run
        fields = [
            "state", "queue", "variant", "checkpoint", "requested_by", "person", "recipe", "benchmark",
        ]  # fmt: skip

    def of_benchmark(self, queryset: "QuerySet[Any]", _: str, value: str) -> "QuerySet[Any]":
        recipes = Recipe.objects.filter(benchmark_version__benchmark__slug=value)
        # A subquery, not a join: a run with two recipes of one benchmark is still one row.
        return queryset.filter(pk__in=RunItem.objects.filter(recipe__in=recipes).values("run"))


class ScoreFilter(OfCheckpoint):
    digest = django_filters.CharFilter(field_name="checkpoint_digest", label="Checkpoint digest")
    recipe = django_filters.CharFilter(field_name="recipe__digest", label="Recipe")
    benchmark = django_filters.CharFilter(
        field_name="recipe__benchmark_version__benchmark__slug", label="Benchmark"
    )
    run = django_filters.NumberFilter(field_name="run_id", label="Run")
    tier = django_filters.ChoiceFilter(
        choices=[(tier, tier) for tier in (MEASURED, REPLICATED)], label="Tier"
    )

    class Meta:
        model = Score
        fields = ["variant", "checkpoint", "digest", "recipe", "benchmark", "run", "tier"]


class RescoringFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.MultipleChoiceFilter(
        choices=[(state, state) for state in Rescoring.MOVES], label="State"
    )
    benchmark = django_filters.CharFilter(
        field_name="from_recipe__benchmark_version__benchmark__slug", label="Benchmark"
    )
    recipe = django_filters.CharFilter(method="of_recipe", label="Recipe")

    class Meta:
        model = Rescoring
        fields = ["state", "benchmark", "recipe"]

    def of_recipe(self, queryset: "QuerySet[Any]", _: str, digest: str) -> "QuerySet[Any]":
        return queryset.filter(Q(from_recipe__digest=digest) | Q(to_recipe__digest=digest))


class WorkerFilter(django_filters.FilterSet):  # type: ignore[misc]
    queue = django_filters.CharFilter(method="of_queue", label="Queue")
    alive = django_filters.BooleanFilter(field_name="is_alive", label="There")

    class Meta:
        model = Worker
        fields = ["queue", "alive", "draining"]

    def of_queue(self, queryset: "QuerySet[Any]", _: str, value: str) -> "QuerySet[Any]":
        return queryset.filter(queues__contains=[value])


class UploadFilter(OfCheckpoint):
    by = django_filters.CharFilter(field_name="uploaded_by__username", label="Uploaded by")

    class Meta:
        model = Upload
        fields = ["variant", "checkpoint", "by"]


class ClaimFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Superseded claims are listed too, unless they are asked away."""

    variant = django_filters.CharFilter(
        method="of_variant", label="Variant", help_text="owner/name"
    )
    benchmark = django_filters.CharFilter(
        method="of_benchmark", label="Benchmark", help_text="Slug, or the name as reported."
    )
    role = django_filters.ChoiceFilter(choices=ReporterRole.choices, label="Role")
    traced = django_filters.BooleanFilter(
        field_name="upload", lookup_expr="isnull", exclude=True, label="With its answers"
    )
    reporter = django_filters.CharFilter(lookup_expr="iexact", label="Reporter")
    standing = django_filters.BooleanFilter(
        field_name="superseded_by", lookup_expr="isnull", label="Not superseded"
    )

    class Meta:
        model = Claim
        fields = ["variant", "benchmark", "role", "traced", "reporter", "standing"]

    def of_variant(self, queryset: "QuerySet[Any]", _: str, value: str) -> "QuerySet[Any]":
        return _by_name(queryset, "variant", value)

    def of_benchmark(self, queryset: "QuerySet[Any]", _: str, value: str) -> "QuerySet[Any]":
        return queryset.filter(Q(benchmark__slug=value) | Q(benchmark_name__iexact=value))
