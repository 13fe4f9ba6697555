"""`{"next", "previous", "results"}`: keyset pages of at most 100, nothing counted (hub/keyset.py)."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from hub.api.ordering import keys_of
from hub.keyset import MAX_SIZE, BadCursor, Key, Page, paginate

DEFAULT_SIZE = 50


class CursorPagination(BasePagination):
    """Needs `sorting` (hub.keyset.Sorting) on the view; without one the newest row comes first."""

    cursor_parameter = "cursor"
    size_parameter = "page_size"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.address = request.build_absolute_uri()
        keys = keys_of(request, view) or (Key("pk", descending=True),)
        cursor = request.query_params.get(self.cursor_parameter, "")
        try:
            self.page: Page[Any] = paginate(queryset, keys, cursor=cursor, size=self._size(request))
        except BadCursor as error:
            raise ValidationError({self.cursor_parameter: [str(error)]}) from error
        return self.page.rows

    def _size(self, request: Request) -> int:
        asked = request.query_params.get(self.size_parameter) or str(DEFAULT_SIZE)
        if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked[:9]) <= MAX_SIZE:
            message = f"Ask for a page of 1 to {MAX_SIZE} entries."
            raise ValidationError({self.size_parameter: [message]})
        return int(asked)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "next": self._link(self.page.next),
                "previous": self._link(self.page.previous),
                "results": data,
            }
        )

    def _link(self, cursor: str | None) -> str | None:
        return cursor and replace_query_param(self.address, self.cursor_parameter, cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": self.cursor_parameter,
                "in": "query",
                "required": False,
                "description": "Where the page starts; taken from `next` or `previous`.",
                "schema": {"type": "string"},
            },
            {
                "name": self.size_parameter,
                "in": "query",
                "required": False,
                "description": "Entries a page.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_SIZE,
                    "default": DEFAULT_SIZE,
                },
            },
        ]
