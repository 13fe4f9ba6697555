"""How we answer: a page, or the piece of it that htmx asked for; and errors in one shape.

    {"error": {"code": str, "message": str, "fields": {name: [str]}}}

`code` is stable, `message` one sentence for a person, `fields` is empty unless fields are to blame.
"""

from collections.abc import Mapping
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str | None = None,
    status: int | None = None,
) -> HttpResponse:
    """Render `template`, or only its `partial` when htmx asks for a fragment.

    Boosted links and history restores also carry `HX-Request` but need the whole page. All three
    headers stand in `Vary`, so that no cache hands a fragment to a browser that wants a page.
    """
    htmx = cast(HtmxDetails, getattr(request, "htmx", HtmxDetails(request)))
    wants_piece = bool(htmx) and not htmx.boosted and not htmx.history_restore_request
    name = f"{template}#{partial}" if partial and wants_piece else template
    response = render(request, name, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"])
    return response


def error_body(
    code: str, message: str, fields: Mapping[str, list[str]] | None = None, **more: str
) -> dict[str, Any]:
    """The error shape as data; `more` may hold `request_id`."""
    return {"error": {"code": code, "message": message, "fields": dict(fields or {}), **more}}


def error_answer(code: str, message: str, status: int, **more: str) -> JsonResponse:
    """The same from a place where REST framework is not at work (unknown paths, crashes)."""
    return JsonResponse(error_body(code, message, None, **more), status=status)
