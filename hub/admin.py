"""For administrators: look at everything, change people's roles, revoke tokens. The catalogue itself
changes by contributions only, so its rows are read-only here."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from hub.models import (
    CardRevision,
    Checkpoint,
    Dataset,
    LineageEdge,
    ModelVariant,
    Scope,
    Token,
    User,
    WorkingGroup,
)

# Second factor and rate limits hold for administrators too: they sign in where everybody does.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = "Tributary administration"


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists and shows; adds, changes and deletes nothing."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    list_display = ["username", "email", "role", "is_active", "date_joined"]
    list_filter = ["role", "is_active", "is_staff"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "email", "about"]}),
        ("May", {"fields": ["role", "is_active", "is_staff", "is_superuser"]}),
        ("Times", {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Nothing disappears: an account is closed by is_active.
        return False


class ScopeInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Scope
    extra = 0
    autocomplete_fields = ["person"]


@admin.register(WorkingGroup)
class WorkingGroupAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "slug", "approvals"]
    inlines = [ScopeInline]


@admin.register(Token)
class TokenAdmin(ReadOnlyAdmin):
    list_display = [
        "hint",
        "name",
        "user",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    ]
    list_select_related = ["user"]
    search_fields = ["user__username", "name"]
    exclude = ["digest"]


@admin.register(ModelVariant, Dataset)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["full_name", "licence", "state", "created_at"]
    list_filter = ["state"]
    search_fields = ["owner", "name"]
    exclude = ["tags_text", "search"]


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    list_display = ["variant", "commit", "size", "created_at"]
    list_select_related = ["variant"]
    search_fields = ["digest", "commit", "variant__name"]


@admin.register(LineageEdge)
class LineageEdgeAdmin(ReadOnlyAdmin):
    list_display = ["child", "relation", "parent_name", "evidence"]
    list_select_related = ["child"]
    list_filter = ["relation", "evidence"]
    search_fields = ["parent_name", "child__name"]


@admin.register(CardRevision)
class CardRevisionAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "published_by", "published_at"]
    list_select_related = ["variant", "dataset", "published_by"]
