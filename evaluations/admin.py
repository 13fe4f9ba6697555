"""A look inside for administrators. Nothing here changes a row: that is what actions are for."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from evaluations.models import (
    Benchmark,
    BenchmarkVersion,
    Board,
    Recipe,
    Rescoring,
    Run,
    RunEvent,
    RunItem,
    Score,
)


class ReadOnly:
    """Mixed into admin classes: a state changed past its action would leave no event."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ItemInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = RunItem


class EventInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = RunEvent


@admin.register(Run)
class RunAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["id", "checkpoint", "state", "queue", "attempt", "worker", "requested_by"]
    list_filter = ["state", "queue"]
    list_select_related = ["checkpoint__variant", "requested_by"]
    inlines = [ItemInline, EventInline]


@admin.register(Rescoring)
class RescoringAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["id", "from_recipe", "to_recipe", "state", "done", "total", "requested_by"]
    list_filter = ["state"]
    list_select_related = [
        "from_recipe__benchmark_version__benchmark",
        "to_recipe__benchmark_version__benchmark",
        "requested_by",
    ]


@admin.register(Score)
class ScoreAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["id", "checkpoint", "recipe", "metric", "value", "stderr", "n"]
    list_select_related = ["checkpoint__variant", "recipe__benchmark_version__benchmark"]


@admin.register(Recipe)
class RecipeAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["digest", "benchmark_version", "n_shot", "queue"]
    list_select_related = ["benchmark_version__benchmark"]


@admin.register(Benchmark)
class BenchmarkAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["slug", "name", "dataset_name"]


@admin.register(Board)
class BoardAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Only whether merging queues runs for a board can be changed here."""

    fields = ["automatic"]
    list_display = ["slug", "version", "title", "current", "automatic", "stale_since"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_active and request.user.is_staff


@admin.register(BenchmarkVersion)
class BenchmarkVersionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Only who may see its questions and answers can be changed here; it is no part of any digest."""

    fields = ["confidential"]
    list_display = ["benchmark", "version", "task", "confidential"]
    list_filter = ["confidential"]
    list_select_related = ["benchmark"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_active and request.user.is_staff
