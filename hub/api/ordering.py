"""`?ordering=-added`: only what the view's `sorting` offers; anything else is 400.

The paginator reads the same parameter and sorts, since a cursor is made of the keys.
"""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from hub.keyset import Key, Sorting, UnknownOrdering

PARAMETER = "ordering"


def keys_of(request: Request, view: Any) -> tuple[Key, ...] | None:
    """The keys that the request sorts by; None when the view has no `sorting`."""
    sorting: Sorting | None = getattr(view, "sorting", None)
    if sorting is None:
        return None
    try:
        return sorting.keys(request.query_params.get(PARAMETER, ""))
    except UnknownOrdering as error:
        raise ValidationError({PARAMETER: [str(error)]}) from error


class OrderingFilter(BaseFilterBackend):
    def filter_queryset(
        self, request: Request, queryset: "QuerySet[Any]", view: Any
    ) -> "QuerySet[Any]":
        keys_of(request, view)
        return queryset

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        sorting: Sorting | None = getattr(view, "sorting", None)
        if sorting is None:
            return []
        names = [name for key in sorting.choices for name in (key, f"-{key}")]
        return [
            {
                "name": PARAMETER,
                "in": "query",
                "required": False,
                "description": f"What to sort by; `-` turns it round. Default: `{sorting.default}`. "
                "Entries without a value come last either way.",
                "schema": {"type": "string", "enum": names},
            }
        ]
