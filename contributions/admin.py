"""A window on the rows for administrators. Nothing is changed here: every change has its action."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from contributions.models import Check, Comment, Contribution, Event, Review, Version


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Contribution)
class ContributionAdmin(ReadOnly):
    list_display = ["id", "title", "state", "author", "head", "updated_at"]
    list_filter = ["state", "kind", "group"]
    search_fields = ["subject", "author__username"]
    list_select_related = ["author"]


@admin.register(Check)
class CheckAdmin(ReadOnly):
    list_display = ["id", "version", "name", "state", "code", "attempt", "worker", "lease_until"]
    list_filter = ["state", "name", "code"]
    list_select_related = ["version__contribution"]


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ["id", "contribution", "verb", "actor", "from_state", "to_state", "at"]
    list_filter = ["verb"]
    list_select_related = ["contribution", "actor"]


@admin.register(Version)
class VersionAdmin(ReadOnly):
    list_display = ["id", "contribution", "number", "author", "created_at"]
    list_select_related = ["contribution", "author"]


@admin.register(Review)
class ReviewAdmin(ReadOnly):
    list_display = ["id", "version", "reviewer", "verdict", "created_at"]
    list_select_related = ["version__contribution", "reviewer"]


@admin.register(Comment)
class CommentAdmin(ReadOnly):
    list_display = ["id", "contribution", "author", "created_at"]
    list_select_related = ["contribution", "author"]
